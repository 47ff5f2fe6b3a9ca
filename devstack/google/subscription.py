"""One Pub/Sub subscription at work: each message is pushed until the endpoint acknowledges it."""

import base64
import heapq
import itertools
import json
import math
from typing import Any

from devstack.google.delivery import Request, Surroundings, bearer, deliver
from devstack.google.pacing import Backoff
from devstack.google.pump import Pump, Work
from devstack.google.service import invalid, unimplemented

ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
"""Every other answer, or none in time, is a nack (Pub/Sub docs, Push subscriptions)."""
ACK_DEADLINE_SECONDS = (10, 600)
LONGEST_BACKOFF = 600
MAX_OUTSTANDING = 100
DOUBLINGS = 60

_SERVED = {
    "name",
    "topic",
    "push_config",
    "ack_deadline_seconds",
    "retry_policy",
}


def check_subscription(subscription: Any) -> None:
    """Raise INVALID_ARGUMENT for a value out of range, UNIMPLEMENTED for what is not served."""
    unknown = {field.name for field, _ in subscription.ListFields()} - _SERVED
    push = subscription.push_config
    if unknown or not push.push_endpoint or push.HasField("no_wrapper"):
        raise unimplemented(", ".join(sorted(unknown)) or "anything but wrapped pushes")
    if not subscription.HasField("retry_policy"):
        raise unimplemented("subscriptions without backoffs")
    shortest, longest = ACK_DEADLINE_SECONDS
    if not shortest <= subscription.ack_deadline_seconds <= longest:
        raise invalid("ack_deadline_seconds must be between 10 and 600.")
    backoff = _backoff(subscription)
    if not 0 <= backoff.minimum <= backoff.maximum <= LONGEST_BACKOFF:
        raise invalid("Backoffs must be between 0 and 600 seconds, the minimum not above.")


class Subscription:
    """Holds each message of its topic until its endpoint takes it."""

    def __init__(self, config: Any, around: Surroundings) -> None:
        self.config = config
        self._around, self._clock = around, around.clock
        self._backoff = _backoff(config)
        # Due, in the order of arrival among equals; the message; failures so far.
        self._due: list[tuple[float, int, Any, int]] = []
        self._order = itertools.count()
        self._pump = Pump(wait=self._wait, start=self._start, limit=lambda: MAX_OUTSTANDING)

    def accept(self, message: Any) -> None:
        """Keep a message of the topic and deliver it."""
        now = self._clock()
        for delay in self._around.chaos.delays():
            self._keep(message, now + delay, 0)

    async def close(self) -> None:
        """Break off what is in flight."""
        await self._pump.close()

    def _keep(self, message: Any, at: float, failures: int) -> None:
        heapq.heappush(self._due, (at, next(self._order), message, failures))
        self._pump.wake()

    def _wait(self) -> float:
        return self._due[0][0] - self._clock() if self._due else math.inf

    def _start(self) -> Work:
        _, _, message, failures = heapq.heappop(self._due)
        return self._push(message, failures)

    async def _push(self, message: Any, failures: int) -> None:
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
                body=self._envelope(message),
                headers=headers,
                timeout=self.config.ack_deadline_seconds,
            ),
        )
        if answer.status not in ACKNOWLEDGING:
            self._keep(message, self._clock() + self._backoff.delay(failures + 1), failures + 1)

    def _envelope(self, pb: Any) -> bytes:
        """Return the JSON body of a push, which names id and time in both of Google's spellings."""
        published = pb.publish_time.ToJsonString()
        message = {
            "attributes": dict(pb.attributes),
            "data": base64.b64encode(pb.data).decode(),
            "messageId": pb.message_id,
            "message_id": pb.message_id,
            "publishTime": published,
            "publish_time": published,
        }
        return json.dumps({"message": message, "subscription": self.config.name}).encode()


def _backoff(config: Any) -> Backoff:
    return Backoff(
        minimum=config.retry_policy.minimum_backoff.ToMilliseconds() / 1e3,
        maximum=config.retry_policy.maximum_backoff.ToMilliseconds() / 1e3,
        doublings=DOUBLINGS,
    )
