"""Row 12: what ten numbers at their usual pace cost the Postgres they share, in SQL alone."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg

from bench.cores import cpu_seconds
from bench.figures import BenchmarkError, Findings, figure
from bench.jobs import create_job, load_campaign, message_ids
from bench.messages import as_dispatch, send_one
from bench.sizes import Sizes
from devstack.postgres import Postgres, apply_sql
from devstack.stack.campaign import PHONE_NUMBER_ID
from devstack.stack.stack import SQL

ROW = "ten_numbers"
DATABASE = "ten_numbers"
NUMBERS = 10
RATE = 70
RENAME = "update public.wa_senders set phone_number_id = %s where phone_number_id = %s"


def measure(sizes: Sizes) -> Findings:
    """Claim and settle messages of ten numbers, each over a connection of its own at its pace."""
    share = RATE * sizes.ten_numbers_seconds
    with Postgres() as postgres, ExitStack() as stack:
        if postgres.home is None:
            raise BenchmarkError("the CPU of a Postgres elsewhere cannot be read")
        pid = int((postgres.home / "data" / "postmaster.pid").read_text().splitlines()[0])
        postgres.create_database(DATABASE)
        dsn = postgres.dsn(DATABASE)
        apply_sql(dsn, *SQL)
        with psycopg.connect(dsn, autocommit=True) as owner:
            jobs = [_job(owner, number, share * sizes.runs) for number in range(NUMBERS)]
            owner.execute("vacuum analyze")
        connections = [stack.enter_context(as_dispatch(dsn)) for _ in range(NUMBERS)]
        runs = [
            _run(pid, connections, [ids[run * share : (run + 1) * share] for ids in jobs])
            for run in range(sizes.runs)
        ]
    note = f"{NUMBERS} numbers, {NUMBERS * RATE} messages/s offered; SQL alone, no receipts"
    cores, rates = zip(*runs, strict=True)
    return Findings(
        figures=[
            figure(ROW, "CPU of Postgres", "cores", cores, note=note),
            figure(ROW, "claims and outcomes", "messages/s", rates, note=note),
        ]
    )


def _job(owner: psycopg.Connection[Any], number: int, messages: int) -> Sequence[str]:
    """Create a campaign with a number and a job of its own; return the job's messages."""
    campaign = load_campaign(owner, messages, RATE)
    owner.execute(RENAME, (f"{PHONE_NUMBER_ID}{number}", PHONE_NUMBER_ID))
    return message_ids(owner, create_job(owner, campaign, {}))


def _run(
    pid: int, connections: Sequence[psycopg.Connection[Any]], shares: Sequence[Sequence[str]]
) -> tuple[float, float]:
    """Return the cores that Postgres used, and the messages a second."""
    used, started = cpu_seconds(pid), time.perf_counter()
    with ThreadPoolExecutor(len(connections)) as pool:
        list(pool.map(_send, connections, shares))
    seconds = time.perf_counter() - started
    return (cpu_seconds(pid) - used) / seconds, sum(map(len, shares)) / seconds


def _send(connection: psycopg.Connection[Any], ids: Sequence[str]) -> None:
    """Send at the number's pace, or as fast as it goes where Postgres is behind."""
    started = time.perf_counter()
    for position, message_id in enumerate(ids):
        time.sleep(max(0.0, started + position / RATE - time.perf_counter()))
        send_one(connection, message_id)
