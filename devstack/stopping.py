"""How whatever runs until it is told to stop hears of it."""

import asyncio
import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def told_in_loop() -> asyncio.Event:
    """Return what SIGINT and SIGTERM set from now on, for the loop that runs."""
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def told() -> threading.Event:
    """Return what SIGINT and SIGTERM set from now on."""
    stop = threading.Event()
    for number in SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    return stop
