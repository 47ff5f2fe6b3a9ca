"""The names of our SQL functions, but for those of template_store.py and its like."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.adapters.limited_store import LimitedStore
from shared.adapters.postgrest import PATIENT_PAUSES, Postgrest
from shared.messages import AttemptRecord, Claim, Shard, Task
from shared.model import Account, ListedTemplate, SenderStanding
from shared.rules.inputs import AudienceRequest, SendRequest


class JobStore(LimitedStore):
    """Jobs, as their signed-in users may see and change them.

    `token` is always the user's own; what it may touch is decided in Postgres. All methods raise
    Refused (with the rule's code, Spanish sentence and field) or Unavailable.
    """

    def create_job(self, token: str, request: SendRequest) -> dict[str, Any]:
        """Create a job with all its rows, or return what this idempotency key created before."""
        arguments = _audience(request.audience) | {
            "p_idempotency_key": request.idempotency_key,
            "p_canary": request.canary,
            "p_accept_cut": request.accept_cut,
        }
        return self._object(token, "wa_create_job", arguments)

    def preview_audience(self, token: str, request: AudienceRequest) -> dict[str, Any]:
        """Count whom a job would reach; nothing is written."""
        return self._object(token, "wa_preview_audience", _audience(request))

    def get_job(self, token: str, job_id: UUID) -> dict[str, Any]:
        """Read a job's progress."""
        return self._object(token, "wa_get_job", {"p_job_id": str(job_id)})

    def list_jobs(
        self, token: str, campaign_id: UUID, before: UUID | None, limit: int, *, tests: bool = False
    ) -> list[Any]:
        """Read jobs, the latest first, those behind `before`; `tests`: tests among them."""
        arguments = {
            "p_campaign_id": str(campaign_id),
            "p_before": before and str(before),
            "p_limit": limit,
            "p_tests": tests,
        }
        return list(self._postgrest.call_as(token, "wa_list_jobs", arguments))

    def list_recipients(
        self, token: str, job_id: UUID, status: str | None, after: int, limit: int
    ) -> list[Any]:
        """Read a job's recipients in order of position, those behind position `after`."""
        arguments = {
            "p_job_id": str(job_id),
            "p_status": status,
            "p_after": after,
            "p_limit": limit,
        }
        return list(self._postgrest.call_as(token, "wa_list_recipients", arguments))

    def pause_job(self, token: str, job_id: UUID) -> dict[str, Any]:
        """Take no more claims of this job until it is resumed."""
        return self._object(token, "wa_pause_job", {"p_job_id": str(job_id)})

    def resume_job(self, token: str, job_id: UUID) -> dict[str, Any]:
        """Go on with a paused job."""
        return self._object(token, "wa_resume_job", {"p_job_id": str(job_id)})

    def cancel_job(self, token: str, job_id: UUID) -> dict[str, Any]:
        """Skip whatever of this job has not been given to Meta."""
        return self._object(token, "wa_cancel_job", {"p_job_id": str(job_id)})

    def move_job(self, token: str, job_id: UUID) -> dict[str, Any]:
        """Move what is still queued to the number that the job's campaign writes from now."""
        return self._object(token, "wa_move_job", {"p_job_id": str(job_id)})

    def resolve_unknown(self, token: str, job_id: UUID, resolution: str) -> dict[str, Any]:
        """Decide for a job's old unknown messages: `assume_sent` or `resend`."""
        arguments = {"p_job_id": str(job_id), "p_resolution": resolution}
        return self._object(token, "wa_resolve_unknown", arguments)

    def _object(self, token: str, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return dict(self._postgrest.call_as(token, function, arguments))


class QueueStore:
    """The queue, for the functions that work it. All methods raise Unavailable or Malfunction."""

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def lease_shard(self, shard: Shard) -> tuple[str, list[Task]]:
        """Lease the shard's rows that need a task; return the queue's name and the tasks."""
        arguments = {
            "p_job_id": str(shard.job_id),
            "p_from": shard.from_position,
            "p_to": shard.to_position,
        }
        lease = self._postgrest.call("wa_lease_shard", arguments)
        tasks = [
            Task(
                message_id=UUID(task["message_id"]),
                generation=task["generation"],
                scheduled_at=datetime.fromisoformat(task["scheduled_at"]),
            )
            for task in lease["tasks"]
        ]
        return lease["queue_name"] or "", tasks

    def mark_enqueued(self, tasks: Sequence[Task]) -> int:
        """Note that these messages have a task now."""
        marks = [
            {"message_id": str(task.message_id), "generation": task.generation} for task in tasks
        ]
        return int(self._postgrest.call("wa_mark_enqueued", {"p_tasks": marks}))

    def claim_message(self, message_id: UUID, claim_id: UUID) -> Claim:
        """Ask if it, or another message of its number, may leave; again with one id: harmless."""
        arguments = {"p_message_id": str(message_id), "p_claim_id": str(claim_id)}
        claim = self._postgrest.call("wa_claim_message", arguments, again={"p_again": True})
        return Claim.from_json(claim)

    def record_attempt(self, message_id: UUID, attempt: int, record: AttemptRecord) -> str:
        """Record what an attempt came to; return the message's status afterwards.

        Tries longer than the others: what cannot be recorded leaves an unknown.
        """
        arguments = {
            "p_message_id": str(message_id),
            "p_attempt": attempt,
            "p_fate": record.fate,
            "p_stops": record.stops,
            "p_details": record.details(),
        }
        return str(self._postgrest.call("wa_record_attempt", arguments, pauses=PATIENT_PAUSES))

    def apply_receipts(self, receipts: Sequence[Mapping[str, object]]) -> dict[str, int]:
        """Move messages on as Meta reports; return {matched, unmatched, changed, resolvable}.

        `resolvable` counts kept wishes that `resolve_opt_outs` can tell the person of now.
        """
        return dict(self._postgrest.call("wa_apply_receipts", {"p_receipts": receipts}))

    def apply_opt_outs(self, intents: Sequence[Mapping[str, object]]) -> dict[str, int]:
        """Note who asked for silence, or for messages again, and who is whom.

        Returns {changed, unresolved}, with names also `resolvable`, as `apply_receipts` does.
        """
        return dict(self._postgrest.call("wa_apply_opt_outs", {"p_intents": intents}))

    def resolve_opt_outs(self) -> int:
        """Apply the kept wishes of everybody who is known by now; return how many those were."""
        return int(self._postgrest.call("wa_resolve_opt_outs", {}))

    def apply_changes(
        self, templates: Sequence[Mapping[str, object]], accounts: Sequence[Mapping[str, object]]
    ) -> dict[str, Any]:
        """Note what Meta did to templates and accounts; return counts, and which are unknown."""
        arguments = {"p_templates": templates, "p_accounts": accounts}
        return dict(self._postgrest.call("wa_apply_account_changes", arguments))

    def sweep(self, stale_after_seconds: int, lost_after_seconds: int) -> dict[str, Any]:
        """Settle what died; return how many rows each step changed, and `audit_heads`."""
        arguments = {
            "p_stale_after_seconds": stale_after_seconds,
            "p_lost_after_seconds": lost_after_seconds,
        }
        return dict(self._postgrest.call("wa_sweep", arguments))

    def audit_messages(self, limit: int) -> int:
        """Log up to `limit` decisions about messages; fewer: none left, or another is at it."""
        return int(self._postgrest.call("wa_audit_messages", {"p_limit": limit}))

    def health(self) -> dict[str, float]:
        """Return what alerts watch, in the words of wa_health."""
        return dict(self._postgrest.call("wa_health", {}))

    def due_shards(self) -> list[Shard]:
        """List shards with due rows that nobody is enqueueing."""
        return [
            Shard(
                job_id=UUID(row["job_id"]),
                from_position=row["from_position"],
                to_position=row["to_position"],
            )
            for row in self._postgrest.call("wa_due_shards", {})
        ]


class AccountStore:
    """The accounts at Meta and what is known of them. Raises Unavailable or Malfunction."""

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def list_accounts(self) -> list[Account]:
        """List every account that has a sender here, once for each credential in use."""
        return [
            Account(
                waba_id=row["waba_id"],
                credential=row["credential"],
                phone_number_ids=tuple(row["phone_number_ids"]),
            )
            for row in self._postgrest.call("wa_list_accounts", {})
        ]

    def apply_sync(
        self,
        waba_id: str,
        asked_at: datetime,
        templates: Sequence[ListedTemplate],
        senders: Sequence[SenderStanding],
    ) -> dict[str, int]:
        """Note one account's answers; return {templates, unknown, senders}.

        `asked_at` is when the first question was asked: what is known since then holds.
        """
        arguments = {
            "p_waba_id": waba_id,
            "p_at": asked_at.isoformat(),
            "p_templates": [asdict(template) for template in templates],
            "p_senders": [asdict(sender) for sender in senders],
        }
        return dict(self._postgrest.call("wa_apply_sync", arguments))


def _audience(request: AudienceRequest) -> dict[str, Any]:
    return {
        "p_campaign_id": str(request.campaign_id),
        "p_template_id": request.template_id and str(request.template_id),
        "p_filters": request.filters,
        "p_personalization": request.personalization,
        "p_scheduled_at": request.scheduled_at and request.scheduled_at.isoformat(),
    }
