"""Starts and stops the whole stack."""

import contextlib
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import requests

from devstack.gateway.tokens import DevKeys
from devstack.postgres import Postgres, apply_sql
from devstack.stack.deployment import (
    DEPLOYABLES,
    QUEUE,
    UNDISTURBED,
    Conditions,
    Deployable,
    Secrets,
    choose_addresses,
    environment_of,
)
from devstack.stack.edge import AS_IT_IS, start_edge
from devstack.stack.processes import ROOT, Processes
from devstack.stack.topology import create_queue, create_topics

SQL = (
    ROOT / "devstack/sql/supabase.sql",
    ROOT / "devstack/sql/campaignpro.sql",
    *sorted((ROOT / "supabase/migrations").glob("*.sql")),
)


class Stack:
    """A context manager: inside its block everything runs, after it nothing does.

    Args:
        rate: Messages per second of the sender's queue.
        sweep_seconds: How often the sweep runs; Cloud Scheduler's shortest period is 60.
        seed: Of the simulated Meta's choices.
        conditions: What is not as in an undisturbed stack.
        report: Called with a sentence before each step.
    """

    def __init__(
        self,
        *,
        rate: float = 70,
        sweep_seconds: float = 5,
        seed: int = 1,
        conditions: Conditions = UNDISTURBED,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._rate = rate
        self._seed = seed
        self._conditions = conditions
        self._report = report
        self._sweep_seconds = sweep_seconds
        # A name of its own: DATABASE_URL may lead to a server that others use too.
        self._database = f"campaignpro_{secrets.token_hex(4)}"
        self._has_database = False
        self._stopping = threading.Event()
        self._scheduler = threading.Thread(target=self._call_sweep, daemon=True)

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="campaignpro-stack-"))
        self.processes = Processes(self.folder)
        self.postgres = Postgres()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End everything; logs and data are gone afterwards."""
        self._stopping.set()
        if self._scheduler.is_alive():
            self._scheduler.join()
        self.processes.stop()
        if self._has_database:
            with contextlib.suppress(psycopg.OperationalError):  # the server is down already
                self.postgres.drop_database(self._database)
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def dsn(self) -> str:
        """The database, as its superuser."""
        return self.postgres.dsn(self._database)

    def start_function(self, deployable: Deployable) -> None:
        """Start one entry point; `processes.wait_for` tells when it answers."""
        main = f"functions/{deployable.folder}/main.py"
        port = self.at.functions[deployable.target]
        arguments = ("functions_framework", "--source", main, "--target", deployable.target)
        self.processes.start(
            deployable.target,
            [*arguments, "--host", "127.0.0.1", "--port", str(port)],
            environment_of(deployable, self.at, self.secrets)
            | dict(self._conditions.settings.get(deployable.target, {})),
        )

    def _start(self) -> None:
        self._report("Postgres y migraciones")
        self.postgres.__enter__()
        self.postgres.create_database(self._database)
        self._has_database = True
        apply_sql(self.dsn, *SQL)
        self.at = choose_addresses()
        self.secrets = Secrets(
            keys=DevKeys.generate(self.at.supabase_url),
            access_tokens={
                name: f"EAA{secrets.token_hex(24)}" for name in self._conditions.credentials
            },
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_hex(8),
        )
        self._report("Emuladores")
        self._start_emulators()
        self._report("Funciones")
        self._start_functions()
        self._scheduler.start()

    def _start_emulators(self) -> None:
        keys_file = self.folder / "keys.json"
        self.secrets.keys.save(keys_file)
        authenticator = self.postgres.dsn(self._database, "authenticator")
        edge = f"messaging={self.at.edge}"
        gateway = ("--dsn", authenticator, "--keys-file", str(keys_file), "--function", edge)
        tokens = ",".join(self.secrets.access_tokens.values())
        meta = ("--app-secret", self.secrets.app_secret, "--access-token", tokens)
        google = (
            *("--tasks-port", str(self.at.tasks), "--pubsub-port", str(self.at.pubsub)),
            *("--seed", str(self._seed)),
            *("--duplicate-share", str(self._conditions.duplicate_share)),
            *("--reorder-share", str(self._conditions.reorder_share)),
        )
        self.processes.start(
            "gateway", ["devstack.gateway", *gateway, "--port", str(self.at.gateway)], {}
        )
        self.processes.start("google", ["devstack.google", *google], {})
        webhook = ("--webhook-url", self.at.url("webhook"), "--seed", str(self._seed))
        self.processes.start(
            "meta", ["devstack.meta", *meta, *webhook, "--port", str(self.at.meta)], {}
        )
        self.processes.wait_for("gateway", self.at.supabase_url)
        self.processes.wait_for("meta", f"{self.at.meta_url}/_sim/stats")

    def _start_functions(self) -> None:
        for deployable in DEPLOYABLES:
            self.start_function(deployable)
        create_topics(self.at)
        create_queue(self.at, QUEUE, self._rate)
        for deployable in DEPLOYABLES:
            self.processes.wait_for(deployable.target, self.at.url(deployable.target))
        changes = self._conditions.settings.get("edge", AS_IT_IS)
        start_edge(self.processes, self.at, self.secrets, self.folder, changes)

    def _call_sweep(self) -> None:
        """Do Cloud Scheduler's work."""
        while not self._stopping.wait(self._sweep_seconds):
            try:
                requests.post(self.at.url("sweep"), timeout=60)
            except requests.RequestException:
                continue  # as Scheduler does: the next round will
