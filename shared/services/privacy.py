"""A person's rights: to know what a campaign's records hold about them, and to be erased."""

import logging

from shared.adapters.privacy_store import PrivacyStore
from shared.http import Reply
from shared.rules.privacy_inputs import PersonAsked


class PrivacyService:
    """The part of the `send` API for ARCO requests; it acts as the user whose token it is given."""

    def __init__(self, store: PrivacyStore, logger: logging.Logger) -> None:
        self._store = store
        self._logger = logger

    def export(self, token: str, person: PersonAsked) -> Reply:
        """Answer with everything that the campaign's records hold about the person."""
        self._store.take_request(token, person.campaign_id, "export")
        data = self._store.export(token, person)
        self._log("exported", person)
        return Reply(body=data)

    def erase(self, token: str, person: PersonAsked) -> Reply:
        """Erase the person; from then on nothing is sent to them, even if they are listed again."""
        erased = self._store.erase(token, person)
        self._log("erased", person)
        return Reply(body=erased)

    def _log(self, event: str, person: PersonAsked) -> None:
        self._logger.info("privacy", extra={"event": event, "campaign_id": str(person.campaign_id)})
