"""Callers that do not mean well, on raw sockets, and what they can learn of a process."""

import hashlib
import hmac
import json
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from devstack.stack.deployment import Addresses, Secrets
from devstack.stack.processes import Processes
from tests.security.supabase_door import SupabaseDoor

PATIENCE = 30  # seconds; far more than any answer takes
SIGNATURE = {"X-Hub-Signature-256": "sha256=" + "0" * 64}  # of the right form, by nobody


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The entry points as they are served, behind them only Pub/Sub and Supabase Auth."""

    at: Addresses
    secrets: Secrets
    processes: Processes
    logs: Path
    supabase: SupabaseDoor
    connections: list[socket.socket] = field(default_factory=list)

    def call_as_meta(self, body: bytes = b"{}") -> requests.Response:
        """Post a call to the webhook that Meta signed."""
        signed = hmac.new(self.secrets.app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signed}"}
        url = self.at.url("webhook")
        return requests.post(url, data=body, headers=headers, timeout=PATIENCE)

    def log(self, target: str) -> str:
        """Return what an entry point logged so far."""
        return (self.logs / f"{target}.log").read_text()

    def peak_mib(self, target: str) -> float:
        """Return the most memory that an entry point's processes ever held, added up."""
        server = self.processes.pids()[target]
        workers = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        return sum(_peak_kib(pid) for pid in (server, *workers)) / 1024

    def open(
        self, target: str, path: str = "/", headers: Mapping[str, object] | None = None
    ) -> "Caller":
        """Connect and send the head of a POST; what follows is the caller's to decide."""
        address = ("127.0.0.1", self.at.functions[target])
        connection = socket.create_connection(address, timeout=PATIENCE)
        self.connections.append(connection)
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([f"POST {path} HTTP/1.1", "Host: door", *lines, "", ""])
        connection.sendall(head.encode())
        return Caller(connection)

    def close(self) -> None:
        """Hang up on every call that is still open."""
        while self.connections:
            self.connections.pop().close()


def _peak_kib(pid: object) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


@dataclass(frozen=True)
class Caller:
    """One connection on which a request has begun."""

    connection: socket.socket

    def send(self, data: bytes) -> bool:
        """Send some more; False if nobody takes it any longer."""
        try:
            self.connection.sendall(data)
        except OSError:
            return False
        return True

    def say_no_more(self) -> None:
        """Close the sending side, as a caller that breaks off."""
        self.connection.shutdown(socket.SHUT_WR)

    def is_waiting(self) -> bool:
        """Tell whether the request has neither been answered nor hung up on."""
        arrived = select.poll()
        arrived.register(self.connection, select.POLLIN)
        return not arrived.poll(0)

    def answer(self) -> "Answer":
        """Read one answer; raises TimeoutError if none comes."""
        with self.connection.makefile("rb") as lines:
            status = int(lines.readline().split()[1])
            headers = {}
            while line := lines.readline().strip().decode():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            content = lines.read(int(headers.get("content-length", 0)))
        is_problem = headers.get("content-type") == "application/problem+json"
        return Answer(status, json.loads(content)["code"] if is_problem else "")

    def rest(self) -> bytes:
        """Return what comes until the other side hangs up; raises TimeoutError if it does not."""
        received = b""
        try:
            while piece := self.connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        return received


@dataclass(frozen=True)
class Answer:
    """A status, and the code of a problem."""

    status: int
    code: str
