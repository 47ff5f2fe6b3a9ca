"""A real Postgres of our own, started and stopped with the stack."""

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from devstack.ports import free_port
from devstack.postgres_binaries import PostgresError, find_binaries
from devstack.postgres_server import Server


class Postgres:
    """One Postgres server on 127.0.0.1 that trusts local logins; a context manager.

    Args:
        home: Folder for the data and the log, kept afterwards; a temporary one by default.
        port: TCP port; a free one below 32768 by default.
        environ: `DATABASE_URL` (a superuser's libpq URL) uses that server and starts none; the
            role `authenticator` must be able to log in there with the same password or none.
            `PG_BIN` names the folder of another Postgres's programs.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        port: int | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._environ = environ
        self._home = home
        self._port = port
        self._external = environ.get("DATABASE_URL")
        self._server: Server | None = None
        self._scratch: Path | None = None
        self._restore_sigterm: Callable[[], None] = _nothing

    @classmethod
    def start(cls, home: Path | None = None, *, port: int | None = None) -> Self:
        """Start a server without a `with` block; the caller must `stop()` it.

        Raises:
            PostgresError: it could not start; the message says why and what to do.
        """
        return cls(home, port=port).__enter__()

    def __enter__(self) -> Self:
        if not self._external:
            self._restore_sigterm = _exit_on_sigterm()
            try:
                self._launch()
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

    @property
    def home(self) -> Path | None:
        """The folder of the data and the log; None before the start and for external servers."""
        return self._home or self._scratch

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return the libpq URL of one database for one login role."""
        if not self._external:
            return f"postgresql://{quote(user)}@127.0.0.1:{self._port}/{quote(database)}"
        given = urlsplit(self._external)
        login = given.username or user if user == "postgres" else user
        secret = f":{given.password}" if given.password else ""
        address = given.netloc.rpartition("@")[2]
        return given._replace(netloc=f"{login}{secret}@{address}", path=quote(database)).geturl()

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, as a file copy of `template` (which nobody may be using)."""
        created = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            # Copying files takes half the time of logging every page, the default.
            copied = sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
            created += copied
        self._execute(created)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, disconnecting whoever uses it."""
        dropped = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        self._execute(dropped)

    def halt(self, *, kill: bool = False) -> None:
        """Stop the server but keep its data, as an outage that `restart()` ends.

        Args:
            kill: Crash it (connections cut, recovery at the next start) instead of asking.

        Raises:
            PostgresError: the server is not ours.
        """
        self._own_server().halt(kill=kill)

    def restart(self, *, kill: bool = False) -> None:
        """Halt the server and start it again on the same port and data; see `halt`."""
        self.halt(kill=kill)
        self._own_server().launch()

    def stop(self) -> None:
        """Stop the server if we started it, and remove what was temporary; may be repeated."""
        if self._server:
            self._server.halt(kill=False)
            self._server = None
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None
        self._restore_sigterm()
        self._restore_sigterm = _nothing

    def _launch(self) -> None:
        binaries = find_binaries(self._environ)
        if self._home is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="campaignpro-postgres-"))
        home = (self.home or Path()).resolve()
        home.mkdir(parents=True, exist_ok=True)
        self._port = self._port or free_port()
        self._server = Server(home, self._port, binaries, scratch=self._scratch is not None)
        self._server.initialise()
        self._server.launch()

    def _own_server(self) -> Server:
        if self._external:
            raise PostgresError("DATABASE_URL's server is not ours to stop: unset the variable")
        if not self._server:
            raise PostgresError("the server was not started")
        return self._server

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement)


def apply_sql(dsn: str, *paths: Path) -> None:
    """Run SQL files in order over one connection, each in a transaction of its own.

    Raises:
        psycopg.Error: a statement failed; a note names its file.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        for path in paths:
            try:
                with connection.transaction():
                    connection.execute(path.read_bytes())
            except psycopg.Error as error:
                error.add_note(f"while running {path}")
                raise


def _nothing() -> None:
    """Restore nothing: no handler was installed."""


def _exit_on_sigterm() -> Callable[[], None]:
    """Let SIGTERM unwind `with` blocks; return what undoes that."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return _nothing

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    def restore() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, leave)
    return restore
