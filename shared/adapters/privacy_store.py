"""What a campaign's records hold about one person: their SQL functions and no others."""

from typing import Any

from shared.adapters.limited_store import LimitedStore
from shared.rules.privacy_inputs import PersonAsked


class PrivacyStore(LimitedStore):
    """A person's data, as a campaign's owner or admin may see and erase it.

    Both methods raise Refused (with the rule's code, Spanish sentence and field) or Unavailable.
    """

    def export(self, token: str, person: PersonAsked) -> dict[str, Any]:
        """Read everything about the person."""
        return self._call(token, "wa_export_person", person)

    def erase(self, token: str, person: PersonAsked) -> dict[str, Any]:
        """Take the person out of every record; return how many rows of each."""
        return self._call(token, "wa_erase_person", person)

    def _call(self, token: str, function: str, person: PersonAsked) -> dict[str, Any]:
        arguments = {
            "p_campaign_id": str(person.campaign_id),
            "p_phone": person.phone,
            "p_voter_id": str(person.voter_id) if person.voter_id else None,
        }
        return dict(self._postgrest.call_as(token, function, arguments))
