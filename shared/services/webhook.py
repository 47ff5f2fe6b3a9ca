"""Meta's front door: prove who calls, keep the words, answer at once."""

import hmac
import logging

from flask import Request

from shared.adapters.pubsub import Publisher
from shared.bodies import LARGEST_BODY
from shared.config import WebhookSettings
from shared.errors import Refused
from shared.http import Reply, Route, parse_json, read_body
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

    def routes(self) -> list[Route]:
        """Return the webhook's routes; Meta calls one URL, whatever its path."""
        return [
            (method, path, handler)
            for method, handler in (("GET", self.verify), ("POST", self.receive))
            for path in ("/", "/<path:path>")
        ]

    def verify(self, request: Request, path: str = "") -> Reply:  # noqa: ARG002 - any path will do
        """Answer Meta's handshake with its challenge.

        Raises:
            Refused: `verify_token_invalid` (403).
        """
        given = request.args.get("hub.verify_token", "")
        known = hmac.compare_digest(given.encode(), self._settings.verify_token.encode())
        if request.args.get("hub.mode") != "subscribe" or not known:
            raise Refused(
                "verify_token_invalid",
                "El token de verificación no coincide.",
                "hub.verify_token",
                403,
            )
        return Reply(text=request.args.get("hub.challenge", ""))

    def receive(self, request: Request, path: str = "") -> Reply:  # noqa: ARG002 - any path will do
        """Publish one call of 1 to 1,000 updates; 200 only when Pub/Sub has it.

        Raises:
            InvalidInput: too large (413), too slow (408) or not JSON (400).
            Refused: `signature_invalid` (401): the bytes were not signed with our app secret.
                Without anything like a signature they are not even read.
            Unavailable: Pub/Sub did not take it; Meta will call again for days.
        """
        signature = request.headers.get("X-Hub-Signature-256")
        if not has_signature_form(signature):
            raise self._not_signed()
        raw = read_body(request, LARGEST_BODY["webhook"])
        if not signature_is_valid(raw, signature, self._settings.app_secrets):
            raise self._not_signed()
        parse_json(raw, lambda _: None)
        self._publisher.publish(self._topic, [raw])
        return Reply(body={"received": True})

    def _not_signed(self) -> Refused:
        self._logger.warning("webhook", extra={"event": "signature_invalid"})
        return Refused("signature_invalid", "La firma no es válida.", "X-Hub-Signature-256", 401)
