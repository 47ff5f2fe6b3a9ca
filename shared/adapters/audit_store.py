"""The audit log: the SQL functions by which its administrators read it."""

from typing import Any
from uuid import UUID

from shared.adapters.limited_store import LimitedStore
from shared.rules.audit_inputs import AuditRequest


class AuditStore(LimitedStore):
    """A campaign's sealed entries, as its signed-in administrators may read them.

    Both methods raise Refused (with the rule's code, Spanish sentence and field) or Unavailable.
    """

    def begin_export(self, token: str, asked: AuditRequest) -> dict[str, Any]:
        """Note that somebody reads the log; return the extent, as wa_begin_audit_export has it."""
        arguments = {
            "p_campaign_id": str(asked.campaign_id),
            "p_from": asked.since and asked.since.isoformat(),
            "p_to": asked.until and asked.until.isoformat(),
        }
        return dict(self._postgrest.call_as(token, "wa_begin_audit_export", arguments))

    def export_page(self, token: str, campaign_id: UUID, after: int, until: int) -> dict[str, Any]:
        """Return {entries, facts} of up to 1,000 entries behind place `after`, in order."""
        arguments = {"p_campaign_id": str(campaign_id), "p_after": after, "p_until": until}
        return dict(self._postgrest.call_as(token, "wa_export_audit", arguments))
