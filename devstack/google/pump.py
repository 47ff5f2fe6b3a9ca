"""Start work when it falls due, a bounded number at a time."""

import asyncio
import math
from collections.abc import Callable, Coroutine

Work = Coroutine[None, None, None]


class Pump:
    """Keeps up to `limit()` pieces of work running on the current event loop.

    `wait()` returns the seconds until the next piece is due (infinity: none is), `start()` takes
    that piece. Whoever changes either answer calls `wake`.
    """

    def __init__(
        self,
        *,
        wait: Callable[[], float],
        start: Callable[[], Work],
        limit: Callable[[], int],
    ) -> None:
        self._wait, self._start, self._limit = wait, start, limit
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def wake(self) -> None:
        """Start everything that is due, then sleep until the next piece is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while not self._closed and len(self._running) < self._limit():
            wait = self._wait()
            if wait > 0:
                self._sleep(wait)
                return
            self.launch(self._start())

    def launch(self, work: Work) -> None:
        """Run a piece of work at once, whatever the limit; it counts towards it."""
        running = self._loop.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel what runs and start nothing more."""
        self._closed = True
        self.wake()
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _sleep(self, seconds: float) -> None:
        if math.isfinite(seconds):
            self._timer = self._loop.call_later(seconds, self.wake)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self.wake()
