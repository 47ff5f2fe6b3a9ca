"""One question about health: one GET, briefly, and nothing of it in an error."""

import json
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.adapters.whatsapp_health import LARGEST_ANSWER, HealthReader
from shared.errors import MetaReadError
from tests.adapters.graph_server import TOKEN, graph_error, graph_server

NUMBER = "106540352242922"
EXAMPLE = (Path(__file__).parents[1] / "answers/health_blocked_account.json").read_bytes()


@pytest.fixture
def graph():
    with graph_server() as server:
        server.answer = lambda _: (200, {}, EXAMPLE)
        yield server


@contextmanager
def reading(url, timeout_s=5.0):
    reader = HealthReader(
        access_token=TOKEN,
        connections=2,
        graph_url=url,
        graph_version="v24.0",
        timeout_s=timeout_s,
    )
    try:
        yield reader
    finally:
        reader.close()


def refused(url, **settings):
    with reading(url, **settings) as reader, pytest.raises(MetaReadError) as caught:
        reader.health(NUMBER)
    assert TOKEN not in str(caught.value)
    return caught.value.meta_code


def test_question_names_its_field_and_keeps_the_token_in_the_header(graph):
    with reading(graph.url) as reader:
        told = reader.health(NUMBER)
    assert {part: health.state for part, health in told.items()} == {
        "sender": "AVAILABLE",
        "account": "BLOCKED",
    }
    [(path, headers, _)] = graph.requests
    assert path == f"/v24.0/{NUMBER}?fields=health_status"
    assert headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, graph_error(100), 100),
        (401, graph_error(190), 190),
        (429, graph_error(80007), 80007),
        (500, {}, None),
        (200, {}, None),
        (200, [], None),
        (302, {"health_status": {}}, None),
    ],
)
def test_what_is_no_answer_is_asked_once_and_raised_with_metas_code(graph, status, answer, code):
    graph.answer = lambda _: (status, {}, json.dumps(answer).encode())
    assert refused(graph.url) == code
    assert len(graph.requests) == 1


def test_answer_that_is_larger_than_any_tells_nothing(graph):
    graph.answer = lambda _: (200, {}, EXAMPLE.ljust(LARGEST_ANSWER + 1))
    assert refused(graph.url) is None


def test_silence_is_borne_as_long_as_the_setting_says(graph):
    def late(_):
        time.sleep(2)
        return 200, {}, EXAMPLE

    graph.answer = late
    began = time.monotonic()
    assert refused(graph.url, timeout_s=0.2) is None
    assert time.monotonic() - began < 1.5


def test_nobody_there_is_no_answer():
    assert refused("http://127.0.0.1:1") is None
