"""Meta's two rate limits: per phone number and per pair of business and user."""

from collections import deque


class Throughput:
    """At most `limit` messages, in and out, in any second (Cloud API docs, Throughput)."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def full(self, limit: int, now: float) -> bool:
        """Whether one message more at `now` would exceed `limit`; 0 means no limit."""
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        return 0 < limit <= len(self._times)

    def add(self, now: float) -> None:
        """Count one message, sent or received."""
        self._times.append(now)


class PairRate:
    """One message per interval to a user, with a burst that borrows from the intervals to come."""

    def __init__(self) -> None:
        self._borrowed_until = 0.0

    def full(self, interval_s: float, burst: int, now: float) -> bool:
        """Whether one message more at `now` would exceed the burst."""
        return self._borrowed_until - now > (burst - 1) * interval_s

    def add(self, interval_s: float, now: float) -> None:
        """Count one message sent."""
        self._borrowed_until = max(self._borrowed_until, now) + interval_s
