"""Row 7: whether a message of a big job costs what one of a small job does."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg.types.json import Jsonb

from bench.figures import BenchmarkError, Figure, Findings, at_most, figure
from bench.jobs import create_job, load_campaign, message_ids
from bench.messages import deliver_one, send_one
from bench.sizes import Sizes
from devstack.postgres import Postgres, apply_sql
from devstack.stack.stack import SQL

ROW = "scale"
PACING_OFF = 1_000
FLAT = at_most(1.1)
TEMPLATE = "migrated"
LEASE = "select public.wa_lease_shard(%s, %s, %s) -> 'tasks'"
MARK = "select public.wa_mark_enqueued(%s)"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job in a database of its own, which holds nothing else."""

    rows: int
    job_id: str
    message_ids: Sequence[str]
    create_ms: float
    connection: psycopg.Connection[Any]

    @classmethod
    @contextmanager
    def open(cls, postgres: Postgres, rows: int) -> Iterator[Self]:
        """Create a database with a job of so many rows; `create_ms` is the job's cost a row."""
        name = f"rows_{rows}"
        postgres.create_database(name, template=TEMPLATE)
        with psycopg.connect(postgres.dsn(name), autocommit=True) as connection:
            campaign = load_campaign(connection, rows, PACING_OFF)
            started = time.perf_counter()
            job_id = create_job(connection, campaign, {})
            create_ms = (time.perf_counter() - started) * 1e3 / rows
            ids = message_ids(connection, job_id)
            connection.execute("vacuum analyze")
            yield cls(
                rows=rows,
                job_id=job_id,
                message_ids=ids,
                create_ms=create_ms,
                connection=connection,
            )

    def spread(self, count: int, offset: int) -> list[str]:
        """Return `count` messages evenly spread over the job; each offset gives others."""
        step = len(self.message_ids) // count
        return list(self.message_ids[offset % step :: step][:count])


def measure(sizes: Sizes) -> Findings:
    """Send the same number of messages in jobs of each size, in turns."""
    with Postgres() as postgres, ExitStack() as open_jobs:
        postgres.create_database(TEMPLATE)
        apply_sql(postgres.dsn(TEMPLATE), *SQL)
        jobs = [open_jobs.enter_context(Job.open(postgres, rows)) for rows in sizes.scale_rows]
        shard = min(sizes.scale_rows) // sizes.scale_rounds
        enqueue = _rounds(jobs, shard, sizes.scale_rounds, _enqueue)
        share = sizes.scale_messages // sizes.scale_rounds
        send = _rounds(jobs, share, sizes.scale_rounds, _send)
    return Findings(figures=_figures(jobs, enqueue, send))


def _rounds(
    jobs: Sequence[Job],
    count: int,
    rounds: int,
    measure_round: Callable[[Job, int, int], float],
) -> list[list[float]]:
    """Return the milliseconds a message of each job, one per round of `count` messages."""
    by_round = [[measure_round(job, count, number) for job in jobs] for number in range(rounds)]
    return [list(of_job) for of_job in zip(*by_round, strict=True)]


def _enqueue(job: Job, count: int, number: int) -> float:
    """Lease and mark the next rows, as `fan_out` does."""
    first = number * count + 1
    started = time.perf_counter()
    row = job.connection.execute(LEASE, (job.job_id, first, first + count - 1)).fetchone()
    tasks = row[0] if row else []
    job.connection.execute(MARK, (Jsonb(tasks),))
    milliseconds = (time.perf_counter() - started) * 1e3
    if len(tasks) != count:
        raise BenchmarkError(f"{len(tasks)} of {count} rows were leased")
    return milliseconds / count


def _send(job: Job, count: int, number: int) -> float:
    """Return the median over messages: one slow checkpoint must not decide."""
    return statistics.median(_timed(job, message) for message in job.spread(count, number))


def _timed(job: Job, message_id: str) -> float:
    started = time.perf_counter()
    send_one(job.connection, message_id)
    deliver_one(job.connection, message_id)
    return (time.perf_counter() - started) * 1e3


def _figures(
    jobs: Sequence[Job], enqueue: Sequence[Sequence[float]], send: Sequence[Sequence[float]]
) -> list[Figure]:
    lines = [
        figure(
            ROW,
            f"SQL time, {job.rows:,} rows",
            "ms a message",
            [job.create_ms + sum(both) for both in zip(enqueued, sent, strict=True)],
            note=f"create {job.create_ms:.3f}, lease and mark {statistics.median(enqueued):.3f},"
            f" claim, record and receipt {statistics.median(sent):.3f}",
        )
        for job, enqueued, sent in zip(jobs, enqueue, send, strict=True)
    ]
    medians = [line.median for line in lines]
    ratio = max(medians) / min(medians)
    note = "each size in a database of its own, rounds interleaved"
    return [*lines, figure(ROW, "dearest size over cheapest", "times", [ratio], FLAT, note=note)]
