"""What a subscription still owes: messages ready, leased to a puller, or waiting for a retry.

Pure: the time is passed in.
"""

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devstack.google.pacing import Backoff

_NEVER = -1.0


@dataclass(kw_only=True, slots=True)
class Held:
    """One message on its way: `at` is when it next needs attention, `lease` its ack id if out."""

    message: Any
    at: float
    attempts: int = 0
    lease: str = ""


class Backlog:
    """The messages of one subscription, each kept until it is acknowledged or buried.

    `lease_seconds` is how long a taken message stays away without an answer; None leaves that
    to the caller, who then answers every message himself. After `max_attempts` (None: any
    number) a message that fails again goes to `bury`.
    """

    def __init__(
        self,
        *,
        backoff: Backoff,
        lease_seconds: float | None,
        max_attempts: int | None,
        bury: Callable[[Held], None],
    ) -> None:
        self._backoff, self._lease_seconds = backoff, lease_seconds
        self._max_attempts, self._bury = max_attempts, bury
        self._attention: list[tuple[float, int, Held]] = []
        self._leased: dict[str, Held] = {}
        self._order = itertools.count(1)

    def add(self, message: Any, at: float) -> None:
        """Keep a message, ready from `at` on."""
        self._put(Held(message=message, at=at), at)

    def take(self, now: float) -> Held | None:
        """Lease the message that has been ready longest, or return None."""
        while self._attention and self._attention[0][0] <= now:
            at, _, held = heapq.heappop(self._attention)
            if held.at != at:
                continue
            if not held.lease:
                return self._lease(held, now)
            self.nack(held.lease, now)
        return None

    def wait(self, now: float) -> float:
        """Return the seconds until `take` is worth another try; infinity when nothing waits."""
        while self._attention and self._attention[0][2].at != self._attention[0][0]:
            heapq.heappop(self._attention)
        return max(0.0, self._attention[0][0] - now) if self._attention else math.inf

    def ack(self, lease: str) -> None:
        """Forget a message; an expired or unknown ack id changes nothing."""
        held = self._leased.pop(lease, None)
        if held is not None:
            held.at, held.message = _NEVER, None

    def nack(self, lease: str, now: float) -> None:
        """Take a message back for its next attempt, or bury it after its last."""
        held = self._leased.pop(lease, None)
        if held is None:
            return
        held.lease, held.at = "", _NEVER
        if self._max_attempts is not None and held.attempts >= self._max_attempts:
            self._bury(held)
        else:
            self._put(held, now + self._backoff.delay(held.attempts))

    def extend(self, lease: str, until: float) -> None:
        """Let a puller keep a message until a later time."""
        held = self._leased.get(lease)
        if held is not None:
            self._put(held, until)

    def _lease(self, held: Held, now: float) -> Held:
        held.attempts += 1
        held.lease = f"lease-{next(self._order)}"
        self._leased[held.lease] = held
        if self._lease_seconds is not None:
            self._put(held, now + self._lease_seconds)
        return held

    def _put(self, held: Held, at: float) -> None:
        held.at = at
        heapq.heappush(self._attention, (at, next(self._order), held))
