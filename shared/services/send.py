"""What promoters ask for: previews, jobs, and how far they are."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.adapters.store import JobStore
from shared.http import Reply
from shared.rules.inputs import AudienceRequest, SendRequest
from shared.services.announcer import ShardAnnouncer
from shared.services.preflight import Preflight

# The sweep announces what is due within its next minute.
SOON = timedelta(minutes=1)


class SendService:
    """The `send` API. Every method acts as the user whose token it is given."""

    def __init__(
        self,
        jobs: JobStore,
        preflight: Preflight,
        announcer: ShardAnnouncer,
        clock: Callable[[], datetime],
        logger: logging.Logger,
    ) -> None:
        self._jobs = jobs
        self._preflight = preflight
        self._announcer = announcer
        self._clock = clock
        self._logger = logger

    def send(self, token: str, request: SendRequest) -> Reply:
        """Create a job and announce its shards; the same idempotency key gives the same job."""
        campaign_id, key = request.audience.campaign_id, request.idempotency_key
        self._jobs.take_request(token, campaign_id, "send", key)
        self._preflight.check(token, request)
        summary = self._jobs.create_job(token, request)
        self._logger.info(
            "job",
            extra={
                "event": "created",
                "job_id": summary["job_id"],
                "count": summary["target_count"],
            },
        )
        due_at = request.audience.scheduled_at
        if due_at is None or due_at <= self._clock() + SOON:
            self._announce(summary)
        return Reply(status=202, body=summary)

    def audience(self, token: str, request: AudienceRequest) -> Reply:
        """Count whom a job would reach and whom not, and why; nothing is written."""
        self._jobs.take_request(token, request.campaign_id, "audience")
        return Reply(body=self._jobs.preview_audience(token, request))

    def list_jobs(
        self, token: str, campaign_id: UUID, before: UUID | None, limit: int, *, tests: bool
    ) -> Reply:
        """List a campaign's jobs, the latest first; `next_before` leads to the following page."""
        jobs = self._jobs.list_jobs(token, campaign_id, before, limit, tests=tests)
        following = jobs[-1]["job_id"] if len(jobs) == limit else None
        return Reply(body={"jobs": jobs, "next_before": following})

    def get_job(self, token: str, job_id: UUID) -> Reply:
        """Show a job's progress."""
        return Reply(body=self._jobs.get_job(token, job_id))

    def list_recipients(
        self, token: str, job_id: UUID, status: str | None, after: int, limit: int
    ) -> Reply:
        """List a job's recipients; `next_cursor` leads to the following page."""
        recipients = self._jobs.list_recipients(token, job_id, status, after, limit)
        following = recipients[-1]["position"] if len(recipients) == limit else None
        return Reply(body={"recipients": recipients, "next_cursor": following})

    def pause(self, token: str, job_id: UUID) -> Reply:
        """Stop a job until it is resumed; what was claimed already still leaves."""
        return Reply(body=self._jobs.pause_job(token, job_id))

    def resume(self, token: str, job_id: UUID) -> Reply:
        """Go on with a paused job."""
        job = self._jobs.resume_job(token, job_id)
        self._announce(job)
        return Reply(body=job)

    def cancel(self, token: str, job_id: UUID) -> Reply:
        """End a job: what has not been claimed is skipped with the reason "cancelled"."""
        return Reply(body=self._jobs.cancel_job(token, job_id))

    def move(self, token: str, job_id: UUID) -> Reply:
        """Let what is still queued leave from the number that the campaign writes from now."""
        job = self._jobs.move_job(token, job_id)
        self._announce(job)
        return Reply(body=job)

    def resolve_unknown(self, token: str, job_id: UUID, resolution: str) -> Reply:
        """Decide for the job's old unknown messages: `assume_sent` or `resend`."""
        job = self._jobs.resolve_unknown(token, job_id, resolution)
        if resolution == "resend":
            self._announce(job)
        return Reply(body=job)

    def _announce(self, job: Mapping[str, Any]) -> None:
        self._announcer.announce(job["job_id"], job["target_count"])
