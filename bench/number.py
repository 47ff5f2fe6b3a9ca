"""Row 11: how many claims and outcomes a second one number's row allows, in SQL alone."""

import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.figures import BenchmarkError, Figure, Findings, figure
from bench.jobs import create_job, load_campaign, message_ids
from bench.messages import as_dispatch, send_one
from bench.sizes import Sizes
from devstack.postgres import Postgres, apply_sql
from devstack.stack.stack import SQL

ROW = "number"
DATABASE = "one_number"
FASTEST = 1_000  # the most the schema lets a sender be told
CONNECTIONS = (1, 2, 4, 8)
SAMPLE_SECONDS = 0.02
CLAIMERS = "claims"
WAITING = """
    select count(*) filter (where wait_event_type = 'Lock'), count(*)
    from pg_stat_activity where application_name = %s
"""
SENT = "select count(*) from public.wa_send_queue where job_id = %s and status = 'sent'"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One load: messages a second, and the share of its connections seen waiting for a lock."""

    per_second: float
    waiting: float


def measure(sizes: Sizes) -> Findings:
    """Claim and settle messages of one job over 1, 2, 4 and 8 connections, in turns."""
    share = sizes.claims_per_run
    with _database() as dsn, psycopg.connect(dsn, autocommit=True) as owner:
        campaign = load_campaign(owner, share * len(CONNECTIONS) * sizes.runs, FASTEST)
        job_id = create_job(owner, campaign, {})
        ids = message_ids(owner, job_id)
        owner.execute("vacuum analyze")
        runs: dict[int, list[Run]] = {count: [] for count in CONNECTIONS}
        for number in range(sizes.runs * len(CONNECTIONS)):
            count = CONNECTIONS[number % len(CONNECTIONS)]
            runs[count].append(_run(dsn, owner, ids[number * share : (number + 1) * share], count))
        if owner.execute(SENT, (job_id,)).fetchone() != (len(ids),):
            raise BenchmarkError("not every message was sent")
    return Findings(figures=[_figure(count, of_count) for count, of_count in runs.items()])


@contextmanager
def _database() -> Iterator[str]:
    with Postgres() as postgres:
        postgres.create_database(DATABASE)
        apply_sql(postgres.dsn(DATABASE), *SQL)
        yield postgres.dsn(DATABASE)


def _run(dsn: str, owner: psycopg.Connection[Any], ids: Sequence[str], count: int) -> Run:
    """Share the messages among so many connections, each with a thread of its own."""
    with ExitStack() as stack:
        connections = [stack.enter_context(as_dispatch(dsn, CLAIMERS)) for _ in range(count)]
        pool = stack.enter_context(ThreadPoolExecutor(count))
        started = time.perf_counter()
        work = [
            pool.submit(_send, connection, ids[first::count])
            for first, connection in enumerate(connections)
        ]
        samples = []
        while not all(part.done() for part in work):
            samples.append(owner.execute(WAITING, (CLAIMERS,)).fetchone() or (0, 0))
            time.sleep(SAMPLE_SECONDS)
        finished = max(part.result() for part in work)
    seen = sum(total for _, total in samples)
    waiting = sum(held for held, _ in samples) / seen if seen else 0.0
    return Run(per_second=len(ids) / (finished - started), waiting=waiting)


def _send(connection: psycopg.Connection[Any], ids: Sequence[str]) -> float:
    for message_id in ids:
        send_one(connection, message_id)
    return time.perf_counter()


def _figure(count: int, runs: Sequence[Run]) -> Figure:
    waiting = statistics.median(run.waiting for run in runs)
    return figure(
        ROW,
        f"claims and outcomes, {count} connection{'s' if count > 1 else ''}",
        "messages/s",
        [run.per_second for run in runs],
        note=f"SQL alone, sender at {FASTEST:,}/s; {waiting:.0%} of the time waiting for a lock",
    )
