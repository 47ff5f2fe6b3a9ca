"""Which TCP port a local server may take."""

import itertools
import os
import random
import socket

# Linux hands out client ports from 32768 on (net.ipv4.ip_local_port_range): a listener there
# can lose its place to somebody's outgoing connection between being chosen and being bound.
_FIRST, _LAST = 20_000, 32_767

_candidates = itertools.cycle(range(_FIRST, _LAST + 1))
# Processes that start together must not walk the same ports in step.
next(itertools.islice(_candidates, random.Random(os.getpid()).randrange(10_000), None))


def free_port() -> int:
    """Return a TCP port below 32768 on which a server can listen on 127.0.0.1 now.

    Raises:
        OSError: every port of the range is taken.
    """
    for port in itertools.islice(_candidates, _LAST - _FIRST + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free TCP port between {_FIRST} and {_LAST}; stop some local servers")
