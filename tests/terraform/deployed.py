"""A copy of the sources, the bundles built from it, and functions that run from those bundles."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.ports import free_port
from tests.terraform.configuration import ROOT

START_SECONDS = 60
STOP_SECONDS = 10
NO_NETWORK = re.compile("Failed to fetch|error sending request|network was disabled")


class UnreachableError(Exception):
    """The packages that functions need cannot be fetched from here."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What bundles are built from, in a folder of the test's own."""

    root: Path

    @classmethod
    def copied_to(cls, root: Path) -> "Sources":
        """Copy the project's sources, without caches."""
        for part in ("functions", "shared"):
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "terraform").mkdir()
        shutil.copy(ROOT / "terraform/bundle.py", root / "terraform")
        return cls(root=root)

    def run(self, *arguments: str, query: object = None) -> subprocess.CompletedProcess:
        """Run bundle.py, as Terraform does (with a query) or by hand."""
        return subprocess.run(
            [sys.executable, str(self.root / "terraform/bundle.py"), *arguments],
            input=json.dumps(query),
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, folder: str) -> Path:
        """Build one bundle; return where Terraform finds it."""
        completed = self.run(query={"folder": folder})
        assert completed.returncode == 0, completed.stderr
        return self.root / "terraform/.bundles" / json.loads(completed.stdout)["name"]

    def names(self) -> dict[str, str]:
        """Return the name of every bundle, which tells its content."""
        folders = [path.name for path in (self.root / "functions").iterdir()]
        return {folder: self.build(folder).name for folder in folders}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """An unpacked bundle beside an environment with its own requirements alone."""

    folder: Path
    scripts: Path

    @classmethod
    def unpack(cls, archive: Path, home: Path) -> "Deployed":
        """Do what the build on Google's side does with a bundle.

        Raises:
            UnreachableError: there is no network to fetch its requirements through.
        """
        folder, environment = home / "workspace", home / "environment"
        shutil.unpack_archive(archive, folder)
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
        python = environment / "bin/python"
        pins = ["--require-hashes", "--requirements", folder / "requirements.txt"]
        install = [*uv, "pip", "install", "--python", python, *pins]
        completed = subprocess.run(install, stderr=subprocess.PIPE, text=True, check=False)
        if completed.returncode and NO_NETWORK.search(completed.stderr):
            raise UnreachableError(completed.stderr)
        assert completed.returncode == 0, completed.stderr
        return cls(folder=folder, scripts=environment / "bin")

    @contextmanager
    def started(self, target: str, port: int, settings: Mapping[str, str]) -> Iterator:
        """Run functions-framework as the runtime does; yield the process, output on pipes."""
        environment = {"PATH": f"{self.scripts}:{os.defpath}", "HOME": str(self.folder)}
        environment |= {"FUNCTION_TARGET": target, "HOST": "127.0.0.1", "PORT": str(port)}
        environment |= {"LOG_EXECUTION_ID": "true"}  # the runtime's own: lines are written anew
        process = subprocess.Popen(
            [self.scripts / "functions-framework"],
            cwd=self.folder,
            env=environment | dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process)

    @contextmanager
    def serving(self, target: str, settings: Mapping[str, str]) -> Iterator["Serving"]:
        """Serve one entry point, from when it listens on."""
        port = free_port()
        with self.started(target, port, settings) as process:
            deadline = time.monotonic() + START_SECONDS
            while not listens(port):
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < deadline, f"{target} does not listen"
                time.sleep(0.05)
            yield Serving(url=f"http://127.0.0.1:{port}", process=process)


@dataclass(frozen=True, kw_only=True)
class Serving:
    """An entry point that answers."""

    url: str
    process: subprocess.Popen

    def stop(self) -> list[str]:
        """End it; return the lines that Cloud Logging would have read."""
        return end(self.process).splitlines()


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process: subprocess.Popen) -> str:
    """End a process and the workers that it started; return what is on its standard output."""
    process.terminate()
    try:
        return process.communicate(timeout=STOP_SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]
