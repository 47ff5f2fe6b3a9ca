"""What the queue's SQL functions take and answer, as data."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from shared.fates import Cause, Fate, Stops

SHARD_SIZE = 500


class Decision(StrEnum):
    """What a claim decided about a message."""

    SEND = "send"  # it is ours, committed: call Meta once, then record what happened
    SKIPPED = "skipped"  # a rule forbids it, for good
    DEFERRED = "deferred"  # its job or sender waits; the sweep brings it back
    RETURNED = "returned"  # the sender's next slot is too far away; the task comes back
    DONE = "done"  # another claim was first
    MESSAGE_UNKNOWN = "message_unknown"  # no such row


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A range of a job's rows, both ends included, whose tasks one fan-out creates."""

    job_id: UUID
    from_position: int
    to_position: int

    def as_json(self) -> dict[str, object]:
        """Return the body of the Pub/Sub message."""
        return {
            "job_id": str(self.job_id),
            "from_position": self.from_position,
            "to_position": self.to_position,
        }


def shards_of(job_id: UUID, target_count: int) -> list[Shard]:
    """Return the shards of a job whose positions run from 1 to `target_count`."""
    starts = range(1, target_count + 1, SHARD_SIZE)
    return [
        Shard(job_id=job_id, from_position=start, to_position=start + SHARD_SIZE - 1)
        for start in starts
    ]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One Cloud Task to create: a message, which try of it, and when it is due."""

    message_id: UUID
    generation: int
    scheduled_at: datetime


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a message's template looks like, as far as its parameters are concerned.

    `header_media` and `buttons` are JSON as somebody registered it: anything, until
    shared.rules.template_parts has read it.
    """

    name: str
    language: str
    parameter_format: str
    header_format: str | None
    header_text: str | None
    header_media: object
    body_text: str
    buttons: object


@dataclass(frozen=True, kw_only=True)
class SendingOrder:
    """One call to Meta to make, after `wait_seconds` and before `seconds_left` have passed.

    `attempt` names this claim; `retries` counts the tries that Meta refused for passing reasons of
    the message's own. `gap_seconds`: the least time between two calls of one process for this
    number.
    """

    attempt: int
    retries: int
    wait_seconds: float
    gap_seconds: float
    seconds_left: float
    phone_number_id: str
    credential: str
    to: str
    params: dict[str, str]
    template: Template

    @classmethod
    def from_json(cls, claim: dict[str, Any]) -> Self:
        """Read the SQL function's answer."""
        fields = {name: claim[name] for name in cls.__dataclass_fields__ if name != "template"}
        return cls(template=Template(**claim["template"]), **fields)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The answer to one claim; `order` only with SEND.

    `message_id` is whose claim it was: of the message asked for, or of another of its number.
    """

    message_id: UUID
    decision: Decision
    order: SendingOrder | None = None
    reason: str = ""
    retry_after_seconds: int = 0

    @classmethod
    def from_json(cls, claim: dict[str, Any]) -> Self:
        """Read the SQL function's answer."""
        decision = Decision(claim["decision"])
        return cls(
            message_id=UUID(claim["message_id"]),
            decision=decision,
            order=SendingOrder.from_json(claim) if decision == Decision.SEND else None,
            reason=claim.get("reason", ""),
            retry_after_seconds=claim.get("retry_after_seconds", 0),
        )


@dataclass(frozen=True, kw_only=True)
class AttemptRecord:
    """What one attempt came to, to be recorded; the text holds no personal data.

    `retry_after_seconds`, of a deferred message: this was one of its tries, and the next one is
    due then. Without it the message waits for what it stopped.
    """

    fate: Fate
    stops: Stops = Stops.NOTHING
    cause: Cause | None = None
    meta_message_id: str | None = None
    error_code: int | None = None
    error_message: str | None = None
    skip_reason: str | None = None
    retry_after_seconds: float | None = None
    frees_contact: bool = True
    opts_out: bool = False

    def details(self) -> dict[str, object]:
        """Return what wa_record_attempt takes beside the fate and what it stops."""
        fields = asdict(self)
        return {name: fields[name] for name in fields if name not in ("fate", "stops")}
