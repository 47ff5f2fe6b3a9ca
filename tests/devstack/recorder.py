"""An HTTP endpoint that records what it is sent and answers as told."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web

from devstack.ports import free_port

POLL_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request, and when it came (monotonic seconds)."""

    at: float
    method: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What to answer, and after how many seconds."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0


Answering = Callable[[int], Reply]
"""From the number of requests received before this one to its reply."""


class Recorder:
    """`async with Recorder() as recorder:` serves `recorder.url` and fills `recorder.received`."""

    def __init__(self, answer: Answering = lambda _: Reply(), *, port: int = 0) -> None:
        self.received: list[Received] = []
        self.most_at_once = 0
        self._at_once = 0
        self._answer = answer
        self._port = port or free_port()
        self._runner: web.ServerRunner

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._record), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where requests are recorded."""
        return f"http://127.0.0.1:{self._port}/"

    def wait_for(self, count: int, *, within: float = 10.0) -> list[Received]:
        """Block until `count` requests have come, and return all; not for the event loop's thread.

        Raises:
            TimeoutError: fewer came `within` so many seconds.
        """
        deadline = time.monotonic() + within
        while len(self.received) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.received)} of {count} requests came")
            time.sleep(POLL_SECONDS)
        return list(self.received)

    async def _record(self, request: web.BaseRequest) -> web.Response:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        reply = self._answer(len(self.received))
        self.received.append(
            Received(
                at=asyncio.get_running_loop().time(),
                method=request.method,
                headers=request.headers,
                body=await request.read(),
            )
        )
        await asyncio.sleep(reply.after)
        self._at_once -= 1
        return web.Response(status=reply.status, headers=reply.headers)
