"""What promoters ask for: previews, jobs, and how far they are."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from flask import Request

from shared.adapters.pubsub import Publisher
from shared.adapters.store import JobStore
from shared.bodies import LARGEST_BODY
from shared.errors import InvalidInput, Unavailable
from shared.http import Reply, Route, bearer_token, read_json
from shared.queue import shards_of
from shared.rules import requests

DEFAULT_PAGE, LARGEST_PAGE = 100, 1_000
# The sweep announces what is due within its next minute.
SOON = timedelta(minutes=1)


class SendService:
    """The `send` API. Every method acts as the user whose token the request carries."""

    def __init__(
        self,
        jobs: JobStore,
        publisher: Publisher,
        fan_out_topic: str,
        clock: Callable[[], datetime],
        logger: logging.Logger,
    ) -> None:
        self._jobs = jobs
        self._publisher = publisher
        self._topic = fan_out_topic
        self._clock = clock
        self._logger = logger

    def routes(self) -> list[Route]:
        """Return the API's routes."""
        return [
            ("POST", "/send", self.send),
            ("POST", "/audience", self.audience),
            ("GET", "/jobs", self.list_jobs),
            ("GET", "/jobs/<job_id>", self.get_job),
            ("GET", "/jobs/<job_id>/recipients", self.list_recipients),
            ("POST", "/jobs/<job_id>/pause", self.pause),
            ("POST", "/jobs/<job_id>/resume", self.resume),
            ("POST", "/jobs/<job_id>/cancel", self.cancel),
            ("POST", "/jobs/<job_id>/sender", self.move),
            ("POST", "/jobs/<job_id>/unknown", self.resolve_unknown),
        ]

    def send(self, request: Request) -> Reply:
        """Create a job and announce its shards; the same Idempotency-Key gives the same job."""
        token = bearer_token(request)
        key = request.headers.get("Idempotency-Key")
        now = self._clock()
        asked = read_json(
            request, lambda body: requests.parse_send(body, key, now), LARGEST_BODY["send"]
        )
        receipt = self._jobs.create_job(token, asked)
        self._logger.info(
            "job",
            extra={
                "event": "created",
                "job_id": receipt["job_id"],
                "count": receipt["target_count"],
            },
        )
        if asked.scheduled_at is None or asked.scheduled_at <= self._clock() + SOON:
            self._announce(UUID(receipt["job_id"]), receipt["target_count"])
        return Reply(status=202, body=receipt)

    def audience(self, request: Request) -> Reply:
        """Count whom a job would reach and whom not, and why; nothing is written."""
        token = bearer_token(request)
        asked = read_json(request, requests.parse_audience, LARGEST_BODY["send"])
        return Reply(body=self._jobs.preview_audience(token, asked))

    def list_jobs(self, request: Request) -> Reply:
        """List a campaign's jobs, the latest first; `next_before` leads to the following page."""
        token = bearer_token(request)
        campaign_id = requests.parse_uuid(request.args.get("campaign_id", ""), "campaign_id")
        before = request.args.get("before")
        behind = requests.parse_uuid(before, "before") if before else None
        limit = _limit(request, 50, 100)
        jobs = self._jobs.list_jobs(token, campaign_id, behind, limit)
        following = jobs[-1]["job_id"] if len(jobs) == limit else None
        return Reply(body={"jobs": jobs, "next_before": following})

    def get_job(self, request: Request, job_id: str) -> Reply:
        """Show a job's progress."""
        token = bearer_token(request)
        return Reply(body=self._jobs.get_job(token, requests.parse_uuid(job_id, "job_id")))

    def list_recipients(self, request: Request, job_id: str) -> Reply:
        """List a job's recipients; `next_cursor` leads to the following page."""
        token = bearer_token(request)
        limit = _limit(request, DEFAULT_PAGE, LARGEST_PAGE)
        recipients = self._jobs.list_recipients(
            token,
            requests.parse_uuid(job_id, "job_id"),
            requests.parse_status(request.args.get("status")),
            requests.parse_whole_number(request.args.get("cursor"), "cursor", 0),
            limit,
        )
        following = recipients[-1]["position"] if len(recipients) == limit else None
        return Reply(body={"recipients": recipients, "next_cursor": following})

    def pause(self, request: Request, job_id: str) -> Reply:
        """Stop a job until it is resumed; what was claimed already still leaves."""
        token = bearer_token(request)
        return Reply(body=self._jobs.pause_job(token, requests.parse_uuid(job_id, "job_id")))

    def resume(self, request: Request, job_id: str) -> Reply:
        """Go on with a paused job."""
        token = bearer_token(request)
        job = self._jobs.resume_job(token, requests.parse_uuid(job_id, "job_id"))
        self._announce(UUID(job["job_id"]), job["target_count"])
        return Reply(body=job)

    def cancel(self, request: Request, job_id: str) -> Reply:
        """End a job: what has not been claimed is skipped with the reason "cancelled"."""
        token = bearer_token(request)
        return Reply(body=self._jobs.cancel_job(token, requests.parse_uuid(job_id, "job_id")))

    def move(self, request: Request, job_id: str) -> Reply:
        """Let what is still queued leave from the number that the campaign writes from now."""
        token = bearer_token(request)
        job = self._jobs.move_job(token, requests.parse_uuid(job_id, "job_id"))
        self._announce(UUID(job["job_id"]), job["target_count"])
        return Reply(body=job)

    def resolve_unknown(self, request: Request, job_id: str) -> Reply:
        """Decide for the job's old unknown messages; `{"decision": "assume_sent" | "resend"}`."""
        token = bearer_token(request)
        decision = read_json(request, requests.parse_decision)
        job = self._jobs.resolve_unknown(token, requests.parse_uuid(job_id, "job_id"), decision)
        if decision == "resend":
            self._announce(UUID(job["job_id"]), job["target_count"])
        return Reply(body=job)

    def _announce(self, job_id: UUID, target_count: int) -> None:
        shards = [shard.as_json() for shard in shards_of(job_id, target_count)]
        try:
            self._publisher.publish_json(self._topic, shards)
        except Unavailable:
            # The job is committed: within a minute the sweep announces it again.
            self._logger.warning("shards not announced", extra={"job_id": str(job_id)})


def _limit(request: Request, default: int, largest: int) -> int:
    limit = requests.parse_whole_number(request.args.get("limit"), "limit", default)
    if not 1 <= limit <= largest:
        raise InvalidInput("number_invalid", f"Debe estar entre 1 y {largest}.", "limit")
    return limit
