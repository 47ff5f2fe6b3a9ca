"""Meta's rate limit per phone number."""

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
