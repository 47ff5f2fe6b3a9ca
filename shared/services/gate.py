"""The last wait before a call to Meta: until the slot, and behind the calls of this process."""

import threading
from collections.abc import Callable

from shared.messages import SendingOrder


class SendGate:
    """Lets a process's calls out one by one.

    Slots are handed out evenly by the database. A process that is held up (starting, short of CPU)
    misses several of them and would make up for it all at once, above what Meta allows in a second.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_call: dict[str, float] = {}

    def now(self) -> float:
        """Return the time of the gate's clock, in seconds since no particular moment."""
        return self._clock()

    def wait(self, order: SendingOrder) -> None:
        """Sleep until the order's slot, then until the gap to the number's last call is kept."""
        self._sleep(order.wait_seconds)
        with self._lock:
            now = self._clock()
            call_at = max(now, self._next_call.get(order.phone_number_id, now))
            self._next_call[order.phone_number_id] = call_at + order.gap_seconds
        if call_at > now:
            self._sleep(call_at - now)
