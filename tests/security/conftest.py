"""Every entry point as it is served, started once; behind them Pub/Sub and Supabase Auth alone."""

from collections.abc import Iterator

import pytest

from devstack.gateway.tokens import DevKeys
from devstack.stack.deployment import (
    DEPLOYABLES,
    Addresses,
    Secrets,
    choose_addresses,
    environment_of,
)
from devstack.stack.processes import Processes
from devstack.stack.topology import create_topics
from tests.security.callers import Doors
from tests.security.supabase_door import SupabaseDoor, serve


@pytest.fixture
def doors(served: Doors) -> Iterator[Doors]:
    yield served
    served.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator[Doors]:
    at = choose_addresses()
    secrets = Secrets(
        keys=DevKeys.generate(at.supabase_url),
        access_tokens={"default": "EAA1"},
        app_secret="app-secret",
        verify_token="verify-token",
    )
    supabase = SupabaseDoor(keys=secrets.keys)
    logs = tmp_path_factory.mktemp("logs")
    started = Processes(logs)
    try:
        _start(started, at, secrets)
        with serve(supabase, at.gateway):
            yield Doors(at=at, secrets=secrets, processes=started, logs=logs, supabase=supabase)
    finally:
        started.stop()


def _start(processes: Processes, at: Addresses, secrets: Secrets) -> None:
    ports = ("--tasks-port", str(at.tasks), "--pubsub-port", str(at.pubsub))
    undisturbed = ("--seed", "1", "--duplicate-share", "0", "--reorder-share", "0")
    processes.start("google", ["devstack.google", *ports, *undisturbed], {})
    for item in DEPLOYABLES:
        main = f"functions/{item.folder}/main.py"
        served = ("functions_framework", "--source", main, "--target", item.target)
        address = ("--host", "127.0.0.1", "--port", str(at.functions[item.target]))
        processes.start(item.target, [*served, *address], environment_of(item, at, secrets))
    create_topics(at)
    for item in DEPLOYABLES:
        processes.wait_for(item.target, at.url(item.target))
