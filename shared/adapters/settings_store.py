"""The settings of campaigns: their SQL functions and no others."""

from typing import Any
from uuid import UUID

from shared.adapters.postgrest import Postgrest
from shared.rules.settings_inputs import SettingsChange


class SettingsStore:
    """What campaigns say about themselves, as their signed-in users may see and change it.

    Both methods raise Refused (with the rule's code, Spanish sentence and field) or Unavailable.
    """

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def get(self, token: str, campaign_id: UUID) -> dict[str, Any]:
        """Read a campaign's settings, and what follows from them."""
        arguments = {"p_campaign_id": str(campaign_id)}
        return dict(self._postgrest.call_as(token, "wa_get_settings", arguments))

    def put(self, token: str, change: SettingsChange) -> dict[str, Any]:
        """Replace a campaign's settings; return what `get` would then."""
        arguments = {
            "p_campaign_id": str(change.campaign_id),
            "p_settings": change.settings,
            "p_version": change.version,
        }
        return dict(self._postgrest.call_as(token, "wa_put_settings", arguments))
