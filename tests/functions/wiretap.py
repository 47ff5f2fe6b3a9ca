"""Stands between `dispatch` and the simulated Meta, and writes down what is sent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from devstack.ports import free_port


class _Server(ThreadingHTTPServer):
    # The default of 5 resets connections when many start at once: answers lost without a fault.
    request_queue_size = 128


class Wiretap:
    """Passes every call on to Meta; hung up, it refuses connections as an unreachable Meta does."""

    def __init__(self) -> None:
        self.port = free_port()
        self.meta_url = ""
        self._sent: list[dict[str, Any]] = []

    def connect(self) -> None:
        """Listen again."""
        tap = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = tap._pass_on(self.path, self.headers["Authorization"], body)
                if answer is not None:  # a refusal is falsy
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers["Content-Type"])
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def hang_up(self) -> None:
        """Stop listening; calls under way end normally."""
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, path: str, authorization: str, body: bytes) -> requests.Response | None:
        try:
            answer = requests.post(
                self.meta_url + path,
                data=body,
                headers={"Authorization": authorization},
                timeout=30,
            )
        except requests.ConnectionError:
            return None  # Meta broke the connection off, and so do we
        if answer.ok:
            self._sent.append(json.loads(body))
        return answer

    def sent_to(self, phone: str) -> list[list[str]]:
        """Return the body's text parameters of every message that Meta accepted for a number."""
        return [_texts(message) for message in self._sent if message["to"] == phone]


def _texts(message: dict[str, Any]) -> list[str]:
    bodies = [part for part in message["template"]["components"] if part["type"] == "body"]
    return [parameter["text"] for body in bodies for parameter in body["parameters"]]
