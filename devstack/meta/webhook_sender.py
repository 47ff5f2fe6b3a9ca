"""Delivers webhook bodies, signed as Meta signs them."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass

import aiohttp

from devstack.meta.config import MetaConfig
from devstack.meta.stats import Stats

_LONGEST_BACKOFF_S = 30.0


@dataclass(kw_only=True, slots=True, eq=False)
class Delivery:
    """One POST on its way, with the number of updates in it."""

    body: bytes
    updates: int
    failures: int = 0


def signature(app_secret: str, body: bytes) -> str:
    """X-Hub-Signature-256 over the exact raw bytes (Webhooks docs, Validating payloads)."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


class WebhookSender:
    """Posts bodies with bounded concurrency; what is not answered 200 is tried again later.

    Order is not kept. After the plan's last attempt a body is dropped.
    """

    def __init__(self, config: MetaConfig, stats: Stats) -> None:
        self.config = config
        self.stats = stats
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._open: set[Delivery] = set()

    @property
    def pending(self) -> int:
        """Updates neither acknowledged nor dropped."""
        return sum(delivery.updates for delivery in self._open)

    def enqueue(self, body: bytes, updates: int) -> None:
        """Post `body` as soon as a worker is free."""
        delivery = Delivery(body=body, updates=updates)
        self._open.add(delivery)
        self._queue.put_nowait(delivery)

    def forget(self, stats: Stats) -> None:
        """Drop what is pending and count into `stats` from now on."""
        self._open.clear()
        self.stats = stats

    async def run(self) -> None:
        """Deliver until cancelled."""
        connector = aiohttp.TCPConnector(limit=self.config.webhook_concurrency)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as g:
            for _ in range(self.config.webhook_concurrency):
                g.create_task(self._work(session))

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            if delivery not in self._open:
                continue
            stats = self.stats
            stats.webhook_calls += 1
            if await self._post(session, delivery.body):
                self._open.discard(delivery)
            else:
                stats.webhook_failures += 1
                self._retry_later(delivery)

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> bool:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature(self.config.app_secret, body),
        }
        timeout = aiohttp.ClientTimeout(total=self.config.webhooks.timeout_s)
        try:
            async with session.post(
                self.config.webhook_url, data=body, headers=headers, timeout=timeout
            ) as response:
                await response.read()
                return response.status == 200  # noqa: PLR2004 - Meta retries anything but 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _retry_later(self, delivery: Delivery) -> None:
        plan = self.config.webhooks
        delivery.failures += 1
        if delivery.failures >= plan.attempts:
            self._open.discard(delivery)
            return
        backoff = min(plan.backoff_s * 2 ** (delivery.failures - 1), _LONGEST_BACKOFF_S)
        asyncio.get_running_loop().call_later(backoff, self._queue.put_nowait, delivery)
