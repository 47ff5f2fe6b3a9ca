"""Waiting for what callers still have to send: for nobody long, and under pressure briefly.

A thread that reads a body serves nobody else meanwhile, and a caller decides how fast its bytes
come. A timeout of the socket does not help: one byte a minute starts it anew, and gunicorn reads on
until it has what it was asked for. So another thread closes the connection's receiving side, upon
which the reader sees the end of the body and can still answer.
"""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

BODY_SECONDS = 10.0  # 5 MiB come through a line of 4 Mbit/s in that time
HURRIED_SECONDS = 1.0


@dataclass(eq=False, slots=True)
class Wait:
    """One body that is being waited for; `over` tells that it did not come in time."""

    connection: socket.socket | None
    since: float
    over: bool = False

    def is_idle(self) -> bool:
        """Tell whether nothing has come that its thread would only have to get round to."""
        if self.connection is None or self.connection.fileno() < 0:
            return True
        arrived = select.poll()
        arrived.register(self.connection, select.POLLIN)
        return not arrived.poll(0)


class Waits:
    """The bodies of one process that are being waited for, the longest first.

    Each has ten seconds. While more than half of the threads wait, those who have sent nothing that
    is still unread give way after one, so that whoever sends at once finds a thread.
    """

    def __init__(
        self,
        threads: int,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = BODY_SECONDS,
        hurried_seconds: float = HURRIED_SECONDS,
    ) -> None:
        """`threads`: how many requests the process serves at once."""
        self._many = max(1, threads // 2)
        self._clock = clock
        self._seconds = seconds
        self._hurried_seconds = hurried_seconds
        self._open: dict[Wait, None] = {}  # by age, as dicts keep their order
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None

    @contextmanager
    def waiting(self, connection: socket.socket | None) -> Iterator[Wait]:
        """Limit the time of the block's reads; without a socket nothing can be cut short."""
        with self._lock:
            # Not earlier: a server forks its workers, and threads do not come along.
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()
            wait = Wait(connection, self._clock())
            self._open[wait] = None
        try:
            yield wait
        finally:
            with self._lock:
                self._open.pop(wait, None)

    def _watch(self) -> None:
        """Look twice a second: to be woken by each request costs more than to be a bit late."""
        while True:
            time.sleep(self._hurried_seconds / 2)
            with self._lock:
                self._end_what_is_due(self._clock())

    def _end_what_is_due(self, now: float) -> None:
        for wait in list(self._open):
            waited = now - wait.since
            many = len(self._open) > self._many
            hurried = many and waited >= self._hurried_seconds and wait.is_idle()
            if hurried or waited >= self._seconds:
                self._end(wait)

    def _end(self, wait: Wait) -> None:
        del self._open[wait]
        wait.over = True
        if wait.connection is not None:
            with suppress(OSError):  # the caller has left by itself
                wait.connection.shutdown(socket.SHUT_RD)
