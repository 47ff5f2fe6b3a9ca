import socket
import struct
from contextlib import ExitStack

from shared.fates import Fate
from shared.model import SendResult
from tests.adapters.graph_server import (
    MESSAGE,
    connected,
    graph_server,
    raw_server,
    read_request,
    send,
)

UNKNOWN = SendResult(fate=Fate.UNKNOWN)
NEVER_LEFT = SendResult(fate=Fate.RETURNED)


def test_refused_connection_is_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}") == NEVER_LEFT


def test_unknown_host_is_not_sent():
    assert send("http://graph.invalid") == NEVER_LEFT


def test_connection_that_is_never_taken_is_not_sent():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        for _ in range(8):
            queued = waiting.enter_context(socket.socket())
            queued.settimeout(0)
            queued.connect_ex(address)
        assert send(f"http://127.0.0.1:{address[1]}", connect_timeout_s=0.2) == NEVER_LEFT


def test_server_without_tls_is_not_sent():
    with graph_server() as graph:
        assert send(graph.url.replace("http:", "https:")) == NEVER_LEFT


def test_silence_during_the_tls_handshake_is_not_sent():
    with raw_server(lambda connection: connection.recv(65536) and connection.recv(1)) as address:
        assert send(f"https://{address}", connect_timeout_s=0.2, read_timeout_s=0.2) == NEVER_LEFT


def test_silence_after_the_message_is_unknown():
    def wait_for_the_client_to_leave(connection):
        read_request(connection)
        connection.recv(1)

    with raw_server(wait_for_the_client_to_leave) as address:
        assert send(f"http://{address}", read_timeout_s=0.2) == UNKNOWN


def test_closed_connection_after_the_message_is_unknown():
    with raw_server(read_request) as address:
        assert send(f"http://{address}") == UNKNOWN


def test_reset_after_the_message_is_unknown():
    def reset(connection):
        read_request(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw_server(reset) as address:
        assert send(f"http://{address}") == UNKNOWN


def test_answer_cut_short_is_unknown():
    def cut(connection):
        read_request(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"messages":[')

    with raw_server(cut) as address:
        assert send(f"http://{address}") == UNKNOWN


def test_answer_that_is_not_http_is_unknown():
    def babble(connection):
        read_request(connection)
        connection.sendall(b"220 smtp.example.mx ESMTP\r\n\r\n")

    with raw_server(babble) as address:
        assert send(f"http://{address}") == UNKNOWN


def test_connection_closed_between_two_messages_is_replaced():
    with graph_server() as graph, connected(graph.url) as client:
        graph.hangs_up = True
        first = client.send_text(**MESSAGE, body="Hola")
        assert graph.hung_up.wait(timeout=5)
        second = client.send_text(**MESSAGE, body="Hola")
    assert (first.fate, second.fate) == (Fate.ACCEPTED, Fate.ACCEPTED)
    assert len(graph.connections) == 2


def test_connection_that_lay_idle_is_not_used_again():
    seconds = [0.0]
    with graph_server() as graph, connected(graph.url, clock=lambda: seconds[0]) as client:
        used = []
        for second in (0, 29, 58, 87, 117, 146, 176):
            seconds[0] = second
            assert client.send_text(**MESSAGE, body="Hola").fate == Fate.ACCEPTED
            used.append(len(graph.connections))
    assert used == [1, 1, 1, 1, 2, 2, 3]


def test_long_call_is_not_idle():
    seconds = [0.0]
    with graph_server() as graph, connected(graph.url, clock=lambda: seconds[0]) as client:
        taken = graph.answer

        def take_long(body):
            seconds[0] += 40
            return taken(body)

        graph.answer = take_long
        for _ in range(2):
            assert client.send_text(**MESSAGE, body="Hola").fate == Fate.ACCEPTED
    assert len(graph.connections) == 1
