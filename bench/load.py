"""A load generator in a process of its own, so that its cost is not the server's.

`python -m bench.load` reads {url, in_flight, calls: [{body, headers}]} from standard input, makes
each call once with so many in flight, and writes what `Load` holds.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

import aiohttp

from bench.figures import BenchmarkError
from devstack.stack.processes import ROOT

# Shorter than gunicorn's 2 s, so that no call meets a connection that is being closed.
KEEPALIVE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """One POST of JSON text, signed or not."""

    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Load:
    """How a load went: seconds in all, and each call's milliseconds."""

    seconds: float
    milliseconds: Sequence[float]
    failures: int

    @property
    def per_second(self) -> float:
        """Answered calls per second."""
        return len(self.milliseconds) / self.seconds


def post_all(url: str, calls: Sequence[Call], in_flight: int) -> Load:
    """Make every call once from another process.

    Raises:
        BenchmarkError: not every call was answered with 2xx.
    """
    order = {"url": url, "in_flight": in_flight, "calls": [asdict(call) for call in calls]}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    )
    load = Load(**json.loads(done.stdout))
    if load.failures:
        raise BenchmarkError(f"{load.failures} of {len(calls)} calls to {url} failed")
    return load


async def _work(
    session: aiohttp.ClientSession,
    url: str,
    calls: Iterator[Call],
    answers: list[tuple[bool, float]],
) -> None:
    for call in calls:
        started = time.perf_counter()
        async with session.post(url, data=call.body, headers=call.headers) as response:
            await response.read()
        answers.append((response.ok, (time.perf_counter() - started) * 1e3))


async def _make(url: str, in_flight: int, calls: Sequence[Call]) -> Load:
    answers: list[tuple[bool, float]] = []
    shared = iter(calls)
    connector = aiohttp.TCPConnector(limit=in_flight, keepalive_timeout=KEEPALIVE_SECONDS)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        started = time.perf_counter()
        await asyncio.gather(*(_work(session, url, shared, answers) for _ in range(in_flight)))
        seconds = time.perf_counter() - started
    return Load(
        seconds=seconds,
        milliseconds=[milliseconds for _, milliseconds in answers],
        failures=sum(not ok for ok, _ in answers),
    )


def _main() -> None:
    order = json.load(sys.stdin)
    calls = [Call(**call) for call in order["calls"]]
    json.dump(asdict(asyncio.run(_make(order["url"], order["in_flight"], calls))), sys.stdout)


if __name__ == "__main__":
    _main()
