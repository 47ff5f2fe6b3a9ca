"""One Pub/Sub subscription at work: pushed to an endpoint, or pulled from."""

import asyncio
import base64
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from google.pubsub_v1 import types

from devstack.google.backlog import Backlog, Held
from devstack.google.delivery import Request, Surroundings, bearer, deliver
from devstack.google.pacing import Backoff
from devstack.google.pump import Pump, Work

ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
"""Every other answer, or none in time, is a nack (Pub/Sub docs, Push subscriptions)."""
PUSH_BACKOFF = Backoff(minimum=0.1, maximum=60.0, doublings=60)
PULL_BACKOFF = Backoff(minimum=0.0, maximum=0.0, doublings=0)
"""Without a retry policy a pulled message returns at once (Pub/Sub docs, Handle failures)."""

ReceivedMessage = types.ReceivedMessage.pb()


class Subscription:
    """Holds each message of its topic until somebody acknowledges it.

    `bury` receives what the dead-letter policy gives up on; `max_outstanding` bounds the pushes
    in flight.
    """

    def __init__(
        self,
        config: Any,
        around: Surroundings,
        *,
        bury: Callable[[Any, Held], None],
        max_outstanding: int,
    ) -> None:
        self.config = config
        self._around, self._clock = around, around.clock
        self._arrived = asyncio.Event()
        self.pushes = bool(config.push_config.push_endpoint)
        dead_letters = config.HasField("dead_letter_policy")
        self._counts_attempts = dead_letters
        self._backlog = Backlog(
            backoff=_backoff(config),
            lease_seconds=None if self.pushes else config.ack_deadline_seconds,
            max_attempts=config.dead_letter_policy.max_delivery_attempts if dead_letters else None,
            bury=lambda held: bury(config, held),
        )
        self._pump = Pump(wait=self._wait, start=self._start, limit=lambda: max_outstanding)

    def accept(self, message: Any) -> None:
        """Keep a message of the topic and deliver it."""
        now = self._clock()
        for delay in self._around.chaos.delays():
            self._backlog.add(message, now + delay)
        self._changed()

    async def pull(self, limit: int, *, patience: float) -> list[Any]:
        """Lease up to `limit` messages, waiting up to `patience` seconds for the first."""
        taken: list[Any] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not (taken := self._take(limit)):
                    await self._arrival()
        return taken

    def acknowledge(self, lease: str) -> None:
        """Forget a message for good."""
        self._backlog.ack(lease)

    def modify_deadline(self, lease: str, seconds: int) -> None:
        """Keep a message leased for so many seconds from now; 0 gives it back."""
        now = self._clock()
        if seconds:
            self._backlog.extend(lease, now + seconds)
        else:
            self._backlog.nack(lease, now)
        self._changed()

    async def close(self) -> None:
        """Break off what is in flight."""
        await self._pump.close()

    def _changed(self) -> None:
        self._arrived.set()
        if self.pushes:
            self._pump.wake()

    async def _arrival(self) -> None:
        """Sleep until a message arrives, or one comes back on its own."""
        self._arrived.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), self._wait())

    def _take(self, limit: int) -> list[Any]:
        now = self._clock()
        taken: list[Any] = []
        while len(taken) < limit and (held := self._backlog.take(now)):
            taken.append(
                ReceivedMessage(
                    ack_id=held.lease,
                    message=held.message,
                    delivery_attempt=held.attempts if self._counts_attempts else 0,
                )
            )
        return taken

    def _wait(self) -> float:
        return self._backlog.wait(self._clock())

    def _start(self) -> Work:
        held = self._backlog.take(self._clock())
        assert held is not None, "the pump starts only what is due"
        return self._push(held)

    async def _push(self, held: Held) -> None:
        push = self.config.push_config
        headers = {"Content-Type": "application/json", "User-Agent": "APIs-Google"}
        if push.HasField("oidc_token"):
            headers["Authorization"] = bearer(
                push.oidc_token, url=push.push_endpoint, now=self._clock()
            )
        answer = await deliver(
            self._around.session,
            Request(
                url=push.push_endpoint,
                body=self._envelope(held),
                headers=headers,
                timeout=self.config.ack_deadline_seconds,
            ),
        )
        if answer.status in ACKNOWLEDGING:
            self._backlog.ack(held.lease)
        else:
            self._backlog.nack(held.lease, self._clock())

    def _envelope(self, held: Held) -> bytes:
        """Return the JSON body of a push, which names id and time in both of Google's spellings."""
        pb = held.message
        published = pb.publish_time.ToJsonString()
        message = {
            "attributes": dict(pb.attributes),
            "data": base64.b64encode(pb.data).decode(),
            "messageId": pb.message_id,
            "message_id": pb.message_id,
            "publishTime": published,
            "publish_time": published,
        }
        if pb.ordering_key:
            message["orderingKey"] = pb.ordering_key
        envelope = {"message": message, "subscription": self.config.name}
        if self._counts_attempts:
            envelope["deliveryAttempt"] = held.attempts
        return json.dumps(envelope).encode()


def _backoff(config: Any) -> Backoff:
    if config.HasField("retry_policy"):
        return Backoff(
            minimum=config.retry_policy.minimum_backoff.ToMilliseconds() / 1e3,
            maximum=config.retry_policy.maximum_backoff.ToMilliseconds() / 1e3,
            doublings=PUSH_BACKOFF.doublings,
        )
    return PUSH_BACKOFF if config.push_config.push_endpoint else PULL_BACKOFF
