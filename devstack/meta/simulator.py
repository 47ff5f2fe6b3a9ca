"""Starts and stops the simulator in an event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from aiohttp import web

from devstack.meta.account import Account
from devstack.meta.config import MetaConfig
from devstack.meta.control import ControlApi
from devstack.meta.management_api import LARGEST_FILE
from devstack.meta.payloads import webhook_body
from devstack.meta.server import GraphApi
from devstack.meta.webhook_sender import WebhookSender

Clock = Callable[[], float]


@asynccontextmanager
async def serve_meta(config: MetaConfig, clock: Clock = time.time) -> AsyncIterator[None]:
    """Meta's Graph API on 127.0.0.1 and `config.port`; `clock` returns epoch seconds.

    Requests count from their arrival at the handler, before the simulated latency. Latency,
    flush interval and webhook retries take real time; everything else goes by the clock.
    Updates still pending at the end are lost.

    Raises:
        OSError: the port is taken.
    """
    account = Account(config, clock())
    sender = WebhookSender(config, account.stats)
    graph = GraphApi(account, clock)
    app = web.Application(client_max_size=LARGEST_FILE)
    app.add_subapp("/_sim", ControlApi(account, sender, clock).app())
    graph.add_routes(app.router)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        # Runs before the cleanup above, which would wait for the connections held open.
        stack.callback(graph.closing.set)
        await web.TCPSite(runner, "127.0.0.1", config.port).start()
        for work in (sender.run(), _report(account, sender, clock)):
            stack.push_async_callback(_cancelled, asyncio.create_task(work))
        yield


async def _report(account: Account, sender: WebhookSender, clock: Clock) -> None:
    while True:
        await asyncio.sleep(account.config.webhooks.flush_interval_s)
        due, plan = account.take_due(clock()), account.config.webhooks
        for first in range(0, len(due), plan.max_updates):
            group = due[first : first + plan.max_updates]
            sender.enqueue(webhook_body(account.config.waba_id, group), len(group))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
