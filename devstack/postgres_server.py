"""One Postgres server process over one data folder, and the guard that outlives us."""

import contextlib
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from devstack.postgres_binaries import (
    Binaries,
    PostgresError,
    give_to_server,
    server_account,
)

_START_SECONDS = 60
_STOP_SECONDS = 30

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The data are scratch: they survive any death of the server, but not one of the machine.
    "fsync": "off",
    "full_page_writes": "off",
}

# Reads a pipe whose other end only we hold. It closes when we die, even by SIGKILL: then, and
# only then, this stops the server and removes its temporary folder.
_GUARD = """
read -r _ && exit
kill -INT "$1"
tries=0
while kill -0 "$1" 2>/dev/null && [ $tries -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done
[ -z "$2" ] || rm -rf -- "$2"
"""


class Server:
    """Initialises, starts and halts Postgres in a folder that it keeps.

    Args:
        home: Existing folder for the data and the log.
        port: TCP port on 127.0.0.1.
        binaries: The programs to run.
        scratch: Remove the folder if our process dies without stopping the server.
    """

    def __init__(self, home: Path, port: int, binaries: Binaries, *, scratch: bool) -> None:
        self._home = home
        self._port = port
        self._binaries = binaries
        self._scratch = scratch
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Make the data folder unless there is one."""
        give_to_server(self._home)
        if self._run("/bin/sh", "-c", 'test -w "$1"', "sh", str(self._home)).returncode:
            raise PostgresError(
                f"the server's account cannot write {self._home}: choose a folder "
                "outside private homes, or do not run as root"
            )
        data, fresh = self._home / "data", self._home / "data.new"
        if data.exists():
            return
        # Renamed when complete: an interrupted initdb leaves nothing that looks finished.
        shutil.rmtree(fresh, ignore_errors=True)
        options = "--auth=trust --username=postgres --encoding=UTF8 --locale=C.UTF-8 --no-sync"
        done = self._run(self._program("initdb"), *options.split(), f"--pgdata={fresh}")
        if done.returncode:
            raise PostgresError(f"initdb failed: {done.stdout.strip()[-800:]}")
        fresh.rename(data)

    def launch(self) -> None:
        """Start the server and return once it accepts connections."""
        settings = [f"-c{k}={v}" for k, v in _SETTINGS.items()]
        data = f"-D{self._home / 'data'}"
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._program("postgres"), data, f"-p{self._port}", *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._context(),
            )
        scratch = str(self._home) if self._scratch else ""
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(self._process.pid), scratch],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **self._context(),
        )
        self._await_ready(self._process)

    def halt(self, *, kill: bool) -> None:
        """Stop the server and keep its data; nothing happens if it is not running.

        Args:
            kill: Crash it: connections are cut and the next start recovers.
        """
        if self._process:
            # SIGINT is a fast shutdown, SIGQUIT an immediate one (Postgres manual, "Shutting
            # Down the Server").
            self._process.send_signal(signal.SIGQUIT if kill else signal.SIGINT)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._guard:
            self._guard.communicate(b"relieved\n")
            self._guard = None

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.02)
        tail = (self._home / "log").read_text(errors="replace").strip()[-800:]
        raise PostgresError(f"Postgres did not start in {self._home}; its log ends:\n{tail}")

    def _answers(self) -> bool:
        address = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(address, connect_timeout=5) as connection,
        ):
            # Another server may have had the port first, while ours is about to give up.
            row = connection.execute("show data_directory").fetchone()
            return row == (str(self._home / "data"),)
        return False

    def _program(self, name: str) -> str:
        return str(self._binaries.folder / name)

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self._context(),
        )

    def _context(self) -> dict[str, Any]:
        # Its own session: Ctrl-C reaches us alone, and we stop the server last.
        return {
            "env": self._binaries.environment(),
            "cwd": self._home,
            "start_new_session": True,
            **server_account(),
        }
