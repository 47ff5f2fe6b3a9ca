"""Cloud Tasks and Pub/Sub on one asyncio loop, for development and tests.

Google offers no Cloud Tasks emulator, and its Pub/Sub emulator needs Java. These speak gRPC to the
official clients and HTTP to the functions. Three things differ from production on purpose: OIDC
tokens are unsigned, nothing survives a restart, and whatever is not emulated is refused
(UNIMPLEMENTED or INVALID_ARGUMENT) rather than silently ignored.
"""

from devstack.google.chaos import Chaos
from devstack.google.tasks import serve_tasks
from devstack.google.topics import serve_pubsub

__all__ = ["Chaos", "serve_pubsub", "serve_tasks"]
