"""Cloud Tasks and Pub/Sub on one asyncio loop, for development and tests.

Google offers no Cloud Tasks emulator, and its Pub/Sub emulator needs Java. These speak gRPC to the
official clients and HTTP to the functions. Three things differ from production on purpose: OIDC
tokens are unsigned, nothing survives a restart, and whatever is not emulated is refused
(UNIMPLEMENTED or INVALID_ARGUMENT) rather than silently ignored.
"""

from devstack.google.chaos import Chaos
from devstack.google.tasks import CloudTasksEmulator
from devstack.google.topics import PubSubEmulator

__all__ = ["Chaos", "CloudTasksEmulator", "PubSubEmulator"]
