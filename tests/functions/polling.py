"""Waiting for what happens on its own, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def eventually(look: Callable[[], Seen], *, within: float = 30) -> Seen:
    """Look until there is something to see and return it; fail with the last look otherwise."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {within} s"
        time.sleep(0.05)
    return seen
