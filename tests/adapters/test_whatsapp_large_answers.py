"""Of what Meta answers no more is read than an answer can hold, however it is sent."""

import gzip
import json
import tracemalloc
from contextlib import suppress

import pytest

from shared.adapters import whatsapp, whatsapp_accounts
from shared.adapters.whatsapp_accounts import AccountReader
from shared.errors import MetaReadError
from shared.fates import Fate
from shared.model import SendResult
from tests.adapters.graph_server import (
    MESSAGE,
    SETTINGS,
    accepted,
    connected,
    graph_error,
    graph_server,
    raw_server,
    read_request,
    send,
)

MIB = 1024 * 1024
TO_A_MESSAGE, TO_A_QUESTION = whatsapp.LARGEST_ANSWER, whatsapp_accounts.LARGEST_ANSWER
UNKNOWN = SendResult(fate=Fate.UNKNOWN)


@pytest.fixture
def graph():
    with graph_server() as server:
        yield server


def padded(answer, size):
    """Return the answer as JSON of exactly that many bytes."""
    return json.dumps(answer).encode().ljust(size)


def plain(content):
    return {}, content


def compressed(content):
    return {"Content-Encoding": "gzip"}, gzip.compress(content)


def twice_compressed(content):
    return {"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(content))


def standing(url):
    settings = {name: of for name, of in SETTINGS.items() if name != "threads"}
    reader = AccountReader(graph_url=url, **settings)
    try:
        return reader.get_standing("106540352242922")
    finally:
        reader.close()


each_way = pytest.mark.parametrize("sent_as", [plain, compressed, twice_compressed])


@each_way
def test_largest_answer_to_a_message_is_read_and_a_larger_one_is_unknown(graph, sent_as):
    graph.answer = lambda _: (200, *sent_as(padded(accepted(), TO_A_MESSAGE)))
    assert send(graph.url).fate == Fate.ACCEPTED
    graph.answer = lambda _: (200, *sent_as(padded(accepted(), TO_A_MESSAGE + 1)))
    assert send(graph.url) == UNKNOWN


@pytest.mark.parametrize(("status", "fate"), [(400, "failed"), (500, "unknown")])
def test_status_alone_decides_if_the_explanation_is_too_large(graph, status, fate):
    error = graph_error(131026)
    graph.answer = lambda _: (status, *plain(padded(error, TO_A_MESSAGE)))
    assert send(graph.url).error_code == 131026
    graph.answer = lambda _: (status, *plain(padded(error, TO_A_MESSAGE + 1)))
    result = send(graph.url)
    assert (result.fate, result.error_code) == (fate, None)


@each_way
def test_largest_answer_to_a_question_is_read_and_a_larger_one_is_an_error(graph, sent_as):
    told = {"status": "CONNECTED"}
    graph.answer = lambda _: (200, *sent_as(padded(told, TO_A_QUESTION)))
    assert standing(graph.url).meta_status == "CONNECTED"
    graph.answer = lambda _: (200, *sent_as(padded(told, TO_A_QUESTION + 1)))
    with pytest.raises(MetaReadError):
        standing(graph.url)


def test_answer_in_chunks_without_an_end_is_left():
    def never_end(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with suppress(ConnectionError):  # the client has gone
            while True:
                connection.sendall(chunk)

    with raw_server(never_end) as address:
        assert send(f"http://{address}") == UNKNOWN


@pytest.mark.parametrize("packed", [compressed, twice_compressed])
def test_what_unpacks_to_gigabytes_takes_no_memory(graph, packed):
    headers, bomb = packed(bytes(256 * MIB))
    graph.answer = lambda _: (200, headers, bomb)
    tracemalloc.start()
    try:
        assert send(graph.url) == UNKNOWN
        with pytest.raises(MetaReadError):
            standing(graph.url)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_next_message_takes_a_new_connection(graph):
    obedient = graph.answer
    graph.answer = lambda _: (200, *plain(padded(accepted(), MIB)))
    with connected(graph.url) as client:
        assert client.send_text(**MESSAGE, body="Hola") == UNKNOWN
        graph.answer = obedient
        assert client.send_text(**MESSAGE, body="Hola").fate == Fate.ACCEPTED
    assert len(graph.connections) == 2
