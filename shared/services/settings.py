"""What a campaign says about itself: who it is, when and where it campaigns, its limits."""

import logging
from uuid import UUID

from shared.adapters.settings_store import SettingsStore
from shared.http import Reply
from shared.rules.settings_inputs import SettingsChange


class SettingsService:
    """The settings' part of the `send` API; it acts as the user whose token it is given."""

    def __init__(self, store: SettingsStore, logger: logging.Logger) -> None:
        self._store = store
        self._logger = logger

    def get(self, token: str, campaign_id: UUID) -> Reply:
        """Show a campaign's settings; null ones for a campaign that has none yet."""
        return Reply(body=self._store.get(token, campaign_id))

    def put(self, token: str, change: SettingsChange) -> Reply:
        """Replace a campaign's settings; its open jobs follow them from the next claim on."""
        settings = self._store.put(token, change)
        self._logger.info(
            "settings", extra={"event": "changed", "campaign_id": str(change.campaign_id)}
        )
        return Reply(body=settings)
