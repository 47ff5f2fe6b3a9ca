"""What the database, Meta and the journal say after a run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from devstack.chaos.journal import Baja, Journal, Outage
from devstack.chaos.scene import Job, Scene
from devstack.meta.stats import Call
from devstack.stack.deployment import DEPLOYABLES

READ_ROWS = """
    select q.id::text as message_id, q.job_id::text, q.recipient_phone as phone, q.status,
      q.skip_reason, q.error_message as reason,
      q.error_message like 'Se detuvo el proceso%' as abandoned,
      extract(epoch from q.claimed_at)::double precision as claimed_at,
      q.delivered_at is not null as delivered, q.read_at is not null as read
    from public.wa_send_queue q
"""
READ_COUNTERS = """
    select c.job_id::text, c.status, c.target_count, c.sent_count, c.delivered_count, c.read_count,
      c.failed_count, c.skipped_count, c.unknown_count, c.skipped_by_reason
    from public.communications c
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One message as the queue knows it; `claimed_at` is its last claim, in epoch seconds.

    `abandoned`: the sweep gave the claim up, since nobody recorded an attempt.
    """

    message_id: str
    job: str
    phone: str | None
    status: str
    skip_reason: str | None = None
    reason: str | None = None
    abandoned: bool | None = False
    claimed_at: float | None = None
    delivered: bool = False
    read: bool = False


@dataclass(frozen=True, kw_only=True)
class Counters:
    """One job's counters as its user sees them."""

    status: str
    target: int
    sent: int
    delivered: int
    read: int
    failed: int
    skipped: int
    unknown: int
    skipped_by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Messages neither given to Meta nor given up."""
        return self.target - self.sent - self.failed - self.skipped - self.unknown


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything the books are kept from.

    `started` is an epoch second, `pauses` and `cancelled_at` hold some by job; `mistakes` are the
    exceptions that our functions logged and did not expect.
    """

    rows: Sequence[Row]
    counters: Mapping[str, Counters]
    calls: Sequence[Call]
    receipts: Mapping[str, int]
    bajas: Sequence[Baja]
    outages: Sequence[Outage]
    pauses: Mapping[str, tuple[float, float]]
    cancelled_at: Mapping[str, float]
    started: float = 0.0
    mistakes: Sequence[str] = ()


def read_counters(connection: psycopg.Connection, jobs: Mapping[str, Job]) -> dict[str, Counters]:
    """Return the counters by the jobs' names."""
    names = {job.job_id: name for name, job in jobs.items()}
    rows = connection.execute(READ_COUNTERS).fetchall()
    return {
        names[job_id]: Counters(
            status=status,
            target=target,
            sent=sent,
            delivered=delivered,
            read=read,
            failed=failed,
            skipped=skipped,
            unknown=unknown,
            skipped_by_reason=reasons,
        )
        for job_id, status, target, sent, delivered, read, failed, skipped, unknown, reasons in rows
    }


def gather(scene: Scene, jobs: Mapping[str, Job], journal: Journal) -> Evidence:
    """Read everything there is to know now."""
    with scene.database() as connection:
        rows = _read_rows(connection, jobs)
        counters = read_counters(connection, jobs)
    stats: dict[str, Any] = scene.ask_meta("stats")
    return Evidence(
        rows=rows,
        counters=counters,
        calls=[Call(**call) for call in scene.ask_meta("calls")],
        receipts=stats["receipts"],
        bajas=list(journal.bajas),
        outages=list(journal.outages),
        pauses=dict(journal.pauses),
        cancelled_at=dict(journal.cancelled_at),
        started=journal.started,
        mistakes=[
            mistake
            for deployable in DEPLOYABLES
            for mistake in _mistakes(deployable.target, scene.stack.folder)
        ],
    )


def _read_rows(connection: psycopg.Connection, jobs: Mapping[str, Job]) -> list[Row]:
    names = {job.job_id: name for name, job in jobs.items()}
    cursor = connection.cursor(row_factory=dict_row)
    return [
        Row(job=names[row.pop("job_id")], **row) for row in cursor.execute(READ_ROWS).fetchall()
    ]


def _mistakes(target: str, logs: Path) -> Iterator[str]:
    for line in (logs / f"{target}.log").read_text(errors="replace").splitlines():
        if line.startswith("{") and '"error_type"' in line:
            entry = json.loads(line)
            yield f"{target} logged {entry['error_type']} at {entry['error_at'][-1]}"
