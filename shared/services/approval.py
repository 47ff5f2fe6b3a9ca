"""What needs a second person: jobs that wait for approval, texts that are blocked."""

from http import HTTPStatus
from uuid import UUID

from shared.adapters.approval_store import ApprovalStore
from shared.http import Reply
from shared.rules.approval_inputs import ContentRelease
from shared.services.announcer import ShardAnnouncer


class ApprovalService:
    """The second person's part of the `send` API; it acts as the user whose token it is given."""

    def __init__(self, store: ApprovalStore, announcer: ShardAnnouncer) -> None:
        self._store = store
        self._announcer = announcer

    def approve(self, token: str, job_id: UUID, reason: str | None) -> Reply:
        """Let a job go on whose content another person had to look at."""
        job = self._store.approve_job(token, job_id, reason)
        if job["status"] == "processing":
            self._announcer.announce(job["job_id"], job["target_count"])
        return Reply(body=job)

    def release(self, token: str, release: ContentRelease) -> Reply:
        """Let others of the campaign use exactly this text, although it is blocked."""
        return Reply(status=HTTPStatus.CREATED, body=self._store.release_content(token, release))
