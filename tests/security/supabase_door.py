"""Supabase as the doors see it: its keys, its word on users, and a list of who asked for more."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from devstack.gateway.errors import ProblemError
from devstack.gateway.tokens import DevKeys
from devstack.gateway.verifier import Verifier

KEY_SET, USER = "/auth/v1/.well-known/jwks.json", "/auth/v1/user"


@dataclass
class SupabaseDoor:
    """What was asked of Supabase; calls to Postgres are never answered."""

    keys: DevKeys
    asked: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)  # tokens whose session somebody ended
    is_away: bool = False

    def calls_to_postgres(self) -> int:
        """Return how many there were so far."""
        return sum(path.startswith("/rest/") for path in self.asked)

    def answer(self, path: str, api_key: str | None, token: str) -> tuple[int, object] | None:
        """Return a status and a JSON value; None hangs up."""
        self.asked.append(path)
        if self.is_away or path not in {KEY_SET, USER}:
            return None
        if path == KEY_SET:
            return 200, self.keys.key_set()
        if api_key != self.keys.publishable:
            return 401, {"message": "Invalid API key"}
        if token in self.ended:
            return 403, {"code": 403, "error_code": "session_not_found", "msg": "ended"}
        try:
            claims = Verifier(self.keys).claims(token, datetime.now(UTC))
        except ProblemError:
            return 403, {"code": 403, "error_code": "bad_jwt", "msg": "invalid JWT"}
        return 200, {"id": claims["sub"], "aud": "authenticated"}


@contextmanager
def serve(door: SupabaseDoor, port: int) -> Iterator[None]:
    """Answer on that port of 127.0.0.1 until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            answer = door.answer(self.path, self.headers.get("apikey"), token)
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as http.server names it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
