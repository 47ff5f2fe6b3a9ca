"""A Graph API on 127.0.0.1, in an obedient and in a broken version, and a client for it."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.adapters.whatsapp import WhatsAppClient

TOKEN = "EAAtest5215550009999token"
MESSAGE = {
    "phone_number_id": "106540352242922",
    "to": "+525550001234",
    "message_id": "3f0c1f9e-2b7d-4c53-9a52-0a1b2c3d4e5f",
}


def accepted(**message):
    messages = [{"id": "wamid.1", **message}]
    return {"messaging_product": "whatsapp", "contacts": [], "messages": messages}


def graph_error(code, message="", details=None):
    data = {"error_data": {"details": details}} if details else {}
    return {"error": {"message": message, "type": "OAuthException", "code": code, **data}}


class GraphServer(ThreadingHTTPServer):
    """Answers each call with what `answer` makes of its body or address: status, headers, body."""

    daemon_threads = True
    request_queue_size = 128  # the default of 5 resets connections when many start at once
    block_on_close = False

    def __init__(self):
        self.requests = []
        self.connections = set()
        self.hangs_up = False
        self.hung_up = threading.Event()
        self.answer = lambda _: (200, {}, json.dumps(accepted()).encode())
        super().__init__(("127.0.0.1", 0), GraphHandler)

    def shutdown_request(self, request):
        super().shutdown_request(request)
        self.hung_up.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class GraphHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_json = self.headers["Content-Type"] == "application/json"
        self.tell(json.loads(body) if is_json else body)

    def do_GET(self):
        self.tell(self.path)

    def do_DELETE(self):
        self.tell(self.path)

    def tell(self, body):
        self.server.requests.append((self.path, dict(self.headers), body))
        self.server.connections.add(self.client_address)
        status, headers, answer = self.server.answer(body)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(answer))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = self.server.hangs_up

    def log_message(self, *_):
        pass


@contextmanager
def graph_server():
    with GraphServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def raw_server(behave):
    """Accept one connection and let `behave` do with it what no HTTP server would."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def read_request(connection):
    received = b""
    while not received.endswith(b"}}"):
        chunk = connection.recv(65536)
        assert chunk, "the client left before its request was complete"
        received += chunk


SETTINGS = {
    "access_token": TOKEN,
    "threads": 4,
    "graph_version": "v24.0",
    "connect_timeout_s": 5.0,
    "read_timeout_s": 30.0,
}


@contextmanager
def connected(url, **settings):
    client = WhatsAppClient(graph_url=url, **SETTINGS | settings)
    try:
        yield client
    finally:
        client.close()


def send(url, **settings):
    with connected(url, **settings) as client:
        return client.send_text(**MESSAGE, body="Hola")
