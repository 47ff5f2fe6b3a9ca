"""A copy of the sources, the bundles built from it, and functions that run from those bundles."""

import json
import os
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

    def build(self, folder: str) -> dict[str, str]:
        """Build one bundle; return its path and sha256."""
        completed = self.run(query={"folder": folder})
        assert completed.returncode == 0, completed.stderr
        return json.loads(completed.stdout)

    def hashes(self) -> dict[str, str]:
        """Return the sha256 of every bundle."""
        folders = [path.name for path in (self.root / "functions").iterdir()]
        return {folder: self.build(folder)["sha256"] for folder in folders}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """An unpacked bundle beside an environment with its own requirements alone."""

    folder: Path
    scripts: Path

    @classmethod
    def unpack(cls, archive: str, home: Path) -> "Deployed":
        """Do what the build on Google's side does with a bundle."""
        folder, environment = home / "workspace", home / "environment"
        shutil.unpack_archive(archive, folder)
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
        python = environment / "bin/python"
        pins = ["--require-hashes", "--requirements", folder / "requirements.txt"]
        subprocess.run([*uv, "pip", "install", "--python", python, *pins], check=True)
        return cls(folder=folder, scripts=environment / "bin")

    @contextmanager
    def started(self, target: str, port: int, settings: Mapping[str, str]) -> Iterator:
        """Run functions-framework as the runtime does; yield the process, its output on a pipe."""
        environment = {"PATH": f"{self.scripts}:{os.defpath}", "HOME": str(self.folder)}
        environment |= {"FUNCTION_TARGET": target, "HOST": "127.0.0.1", "PORT": str(port)}
        process = subprocess.Popen(
            [self.scripts / "functions-framework"],
            cwd=self.folder,
            env=environment | dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process)

    @contextmanager
    def serving(self, target: str, settings: Mapping[str, str]) -> Iterator[str]:
        """Serve one entry point; yield its URL once it listens."""
        port = free_port()
        with self.started(target, port, settings) as process:
            deadline = time.monotonic() + START_SECONDS
            while not listens(port):
                assert process.poll() is None, process.stdout.read()
                assert time.monotonic() < deadline, f"{target} does not listen"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process: subprocess.Popen) -> None:
    """End a process and the workers that it started."""
    process.terminate()
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
