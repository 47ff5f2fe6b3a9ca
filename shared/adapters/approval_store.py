"""Second persons: their SQL functions and no others."""

from typing import Any
from uuid import UUID

from shared.adapters.postgrest import Postgrest
from shared.rules.approval_inputs import ContentRelease


class ApprovalStore:
    """What only somebody else than the one who asked may let pass.

    Both methods raise Refused (with the rule's code, Spanish sentence and field) or Unavailable.
    """

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def approve_job(self, token: str, job_id: UUID, reason: str | None) -> dict[str, Any]:
        """Let a job go on that waits for approval; return its progress."""
        arguments = {"p_job_id": str(job_id), "p_reason": reason}
        return dict(self._postgrest.call_as(token, "wa_approve_job", arguments))

    def release_content(self, token: str, release: ContentRelease) -> dict[str, Any]:
        """Let others use a text that is blocked; return {release_id, findings}."""
        arguments = {
            "p_campaign_id": str(release.campaign_id),
            "p_reason": release.reason,
            "p_template_id": release.template_id and str(release.template_id),
            "p_personalization": release.personalization,
            "p_draft": release.draft and release.draft.as_json(),
        }
        return dict(self._postgrest.call_as(token, "wa_release_content", arguments))
