"""Child processes that start together, log to files, and all end when the stack does."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

START_SECONDS = 60
STOP_SECONDS = 10
ROOT = Path(__file__).resolve().parents[2]


class StartError(Exception):
    """A process of the stack did not start; the message ends with what it logged last."""


class Processes:
    """Starts children in sessions of their own, so that Ctrl-C reaches only the parent."""

    def __init__(self, logs: Path) -> None:
        """`logs`: an existing folder; each process writes to <name>.log in it."""
        self._logs = logs
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        # Ctrl-C breaks off the main thread alone: here, no child is born without being listed.
        self._starter = ThreadPoolExecutor(1)

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `python -m <arguments>` in the project's root."""
        self._starter.submit(self._start, name, arguments, environment).result()

    def _start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        # gunicorn keeps a control socket there; servers that share one trip over each other.
        runtime = self._logs / f"{name}.run"
        runtime.mkdir(exist_ok=True)
        own = {"PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(runtime)}
        with (self._logs / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=inherited | own | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, name: str, url: str) -> None:
        """Wait until the process answers HTTP at `url`, with whatever status.

        Raises:
            StartError: it ended, or said nothing for a minute.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._children[name].poll() is not None:
                break
            try:
                requests.get(url, timeout=5)
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.05)
            else:
                return
        raise StartError(f"{name} did not start. {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """Return the end of a process's log."""
        log = self._logs / f"{name}.log"
        tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
        return f"The end of {log}:\n{tail}"

    def pids(self) -> dict[str, int]:
        """Return the process ids by name."""
        return {name: child.pid for name, child in self._children.items()}

    def kill(self, name: str) -> None:
        """End a process and its children at once, as a crash would (SIGKILL)."""
        child = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def kill_worker(self, name: str, chance: random.Random) -> bool:
        """Kill one of the processes that a server of several workers has started (SIGKILL).

        The server starts another. Return False, having killed nobody, if there are none just now
        or the system does not list them (no /proc).
        """
        pid = self._children[name].pid
        listed = Path(f"/proc/{pid}/task/{pid}/children")
        workers = listed.read_text().split() if listed.exists() else []
        if workers:
            os.kill(int(chance.choice(workers)), signal.SIGKILL)
        return bool(workers)

    def stop(self) -> None:
        """Ask all to end, the last started first, and insist after ten seconds; for good."""
        self._starter.shutdown()
        children = list(reversed(self._children.values()))
        for child in children:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._children.clear()
