"""Starts and stops the simulator: in an event loop, or in a thread of its own."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Self

from aiohttp import web

from devstack.meta.account import Account
from devstack.meta.config import MetaConfig
from devstack.meta.control import ControlApi
from devstack.meta.payloads import webhook_body
from devstack.meta.server import GraphApi
from devstack.meta.webhook_sender import WebhookSender
from devstack.ports import free_port

Clock = Callable[[], float]
_HOST = "127.0.0.1"


class MetaSimulator:
    """Meta's Graph API at `url` while entered; `clock` returns epoch seconds.

    Requests count from their arrival at the handler, before the simulated latency. Latency,
    flush interval and webhook retries take real time; everything else goes by the clock.
    """

    def __init__(self, config: MetaConfig, clock: Clock = time.time) -> None:
        self._clock = clock
        self._port = config.port or free_port()
        self._account = Account(config, clock())
        self._sender = WebhookSender(config, self._account.stats)
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """Base URL, to be followed by /v24.0/... or /_sim/..."""
        return f"http://{_HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Listen, and start to report.

        Raises:
            OSError: the port is taken.
        """
        graph = GraphApi(self._account, self._clock)
        app = web.Application()
        app.add_subapp("/_sim", ControlApi(self._account, self._sender, self._clock).app())
        graph.add_routes(app.router)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        async with AsyncExitStack() as stack:
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            # Runs before the cleanup above, which would wait for the connections held open.
            stack.callback(graph.closing.set)
            await web.TCPSite(runner, _HOST, self._port).start()
            for work in (self._sender.run(), self._report()):
                stack.push_async_callback(_cancelled, asyncio.create_task(work))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop at once; updates still pending are lost."""
        await self._stack.aclose()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(self._account.config.webhooks.flush_interval_s)
            due, plan = self._account.take_due(self._clock()), self._account.config.webhooks
            for first in range(0, len(due), plan.max_updates):
                group = due[first : first + plan.max_updates]
                body = webhook_body(self._account.config.waba_id, group)
                self._sender.enqueue(body, len(group))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@contextmanager
def meta_in_thread(config: MetaConfig, clock: Clock = time.time) -> Iterator[MetaSimulator]:
    """A running simulator for synchronous callers; its event loop has a thread of its own.

    Raises:
        OSError: the port is taken.
    """
    meta, loop = MetaSimulator(config, clock), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="meta-simulator")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(meta.__aenter__(), loop).result()
        try:
            yield meta
        finally:
            asyncio.run_coroutine_threadsafe(meta.__aexit__(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
