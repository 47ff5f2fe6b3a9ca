"""Meta's front door: prove who calls, keep the words, answer at once."""

import hmac
import logging

from shared.adapters.pubsub import Publisher
from shared.config import WebhookSettings
from shared.errors import Refused
from shared.http import Reply, parse_json
from shared.rules.signature import has_signature_form, signature_is_valid


class WebhookService:
    """Verifies Meta's calls and publishes their raw bytes; nothing is interpreted here."""

    def __init__(
        self,
        settings: WebhookSettings,
        publisher: Publisher,
        events_topic: str,
        logger: logging.Logger,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._topic = events_topic
        self._logger = logger

    def verify(self, mode: str, token: str, challenge: str) -> Reply:
        """Answer Meta's handshake with its challenge.

        Raises:
            Refused: `verify_token_invalid` (403).
        """
        known = hmac.compare_digest(token.encode(), self._settings.verify_token.encode())
        if mode != "subscribe" or not known:
            raise Refused(
                "verify_token_invalid",
                "El token de verificación no coincide.",
                "hub.verify_token",
                403,
            )
        return Reply(text=challenge)

    def require_form(self, signature: str | None) -> None:
        """Refuse a call without anything like a signature before its bytes are even read.

        Raises:
            Refused: `signature_invalid` (401).
        """
        if not has_signature_form(signature):
            raise self._not_signed()

    def receive(self, raw: bytes, signature: str | None) -> Reply:
        """Publish one call of 1 to 1,000 updates; 200 only when Pub/Sub has it.

        Raises:
            InvalidInput: not JSON (400).
            Refused: `signature_invalid` (401): the bytes were not signed with our app secret.
            Unavailable: Pub/Sub did not take it; Meta will call again for days.
        """
        if not signature_is_valid(raw, signature, self._settings.app_secrets):
            raise self._not_signed()
        parse_json(raw, lambda _: None)
        self._publisher.publish(self._topic, [raw])
        return Reply(body={"received": True})

    def _not_signed(self) -> Refused:
        self._logger.warning("webhook", extra={"event": "signature_invalid"})
        return Refused("signature_invalid", "La firma no es válida.", "X-Hub-Signature-256", 401)
