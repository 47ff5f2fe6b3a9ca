import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.whatsapp import WhatsAppClient
from shared.fates import Fate
from shared.model import SendResult
from shared.rules.payloads import RecipientFormatError, components_for
from tests.adapters.graph_server import (
    MESSAGE,
    SETTINGS,
    TOKEN,
    accepted,
    connected,
    graph_error,
    graph_server,
    send,
)


@pytest.fixture
def graph():
    with graph_server() as server:
        yield server


def test_accepted_message_keeps_metas_id(graph):
    assert send(graph.url) == SendResult(fate=Fate.ACCEPTED, meta_message_id="wamid.1")


def test_text_is_posted_as_meta_documents(graph):
    send(graph.url, graph_version="v26.0")
    [(path, headers, body)] = graph.requests
    assert path == "/v26.0/106540352242922/messages"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"
    assert "Cookie" not in headers
    assert TOKEN not in path + json.dumps(body)
    assert body["biz_opaque_callback_data"] == MESSAGE["message_id"]
    assert (body["to"], body["text"]["body"]) == ("+525550001234", "Hola")


def test_template_is_posted_with_its_components(graph):
    components = components_for({"1": "Ñandú"})
    with connected(graph.url) as client:
        result = client.send_template(
            **MESSAGE, template_name="promo_v1", language="es_MX", components=components
        )
    assert result.fate == Fate.ACCEPTED
    [(path, _, body)] = graph.requests
    assert path == "/v24.0/106540352242922/messages"
    assert body["template"] == {
        "name": "promo_v1",
        "language": {"code": "es_MX"},
        "components": components,
    }


def test_message_that_cannot_be_written_is_never_posted(graph):
    with connected(graph.url) as client, pytest.raises(RecipientFormatError):
        client.send_text(**MESSAGE | {"to": "5550001234"}, body="Hola")
    assert graph.requests == []


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (200, accepted(message_status="accepted"), "accepted"),
        (200, accepted(message_status=["?"]), "accepted"),
        (200, accepted(message_status="held_for_quality_assessment"), "held"),
        (200, accepted(message_status="paused"), "held"),
        (200, {"messages": []}, "unknown"),
        (200, {"messages": [{"id": ""}]}, "unknown"),
        (200, graph_error(100), "unknown"),
        (200, "<html>Bienvenido</html>", "unknown"),
        (200, "", "unknown"),
        (200, "[" * 100_000, "unknown"),
        (400, graph_error(131026), "failed"),
        (400, graph_error(987654), "failed"),
        (404, "<html>", "failed"),
        (429, "", "failed"),
        (500, graph_error(131000), "failed"),
        (503, graph_error(2), "failed"),
        (503, graph_error(133004), "failed"),
        (500, graph_error(987654), "unknown"),
        (500, graph_error("x"), "unknown"),
        (502, "<html>Bad gateway</html>", "unknown"),
        (503, "", "unknown"),
        (504, "[]", "unknown"),
        (304, "", "unknown"),
    ],
)
def test_answer_decides_the_fate(graph, status, answer, expected):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    graph.answer = lambda _: (status, {}, text.encode())
    result = send(graph.url)
    assert result.fate == expected
    assert (result.meta_message_id is not None) == (expected in {"accepted", "held"})
    assert len(graph.requests) == 1


def test_refusal_carries_code_cleaned_text_and_delay(graph):
    error = graph_error(130429, "(#130429) Rate limit hit", "Too many to +52 1 55 5000 1234")
    graph.answer = lambda _: (429, {"Retry-After": "7"}, json.dumps(error).encode())
    assert send(graph.url) == SendResult(
        fate=Fate.FAILED,
        error_code=130429,
        error_message="Too many to [number]",
        retry_after_s=7.0,
    )


@pytest.mark.parametrize("delay", ["soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 9, ""])
def test_delay_that_is_no_number_of_seconds_is_ignored(graph, delay):
    graph.answer = lambda _: (400, {"Retry-After": delay}, b"{}")
    assert send(graph.url).retry_after_s is None


def test_too_many_requests_asks_for_a_wait_even_without_saying_how_long(graph):
    graph.answer = lambda _: (429, {}, b"<html>slow down</html>")
    result = send(graph.url)
    assert (result.fate, result.error_code) == (Fate.FAILED, None)
    assert result.retry_after_s == 1


def test_token_quoted_by_meta_is_hidden(graph):
    error = graph_error(190, f"Malformed access token {TOKEN}")
    graph.answer = lambda _: (401, {}, json.dumps(error).encode())
    assert send(graph.url).error_message == "Malformed access token [token]"


def test_redirect_is_not_followed(graph):
    elsewhere = {"Location": graph.url + "/v24.0/elsewhere"}
    graph.answer = lambda _: (307, elsewhere, json.dumps(accepted()).encode())
    assert send(graph.url).fate == Fate.UNKNOWN
    assert len(graph.requests) == 1


def test_cookies_are_not_sent_back(graph):
    answer = json.dumps(accepted()).encode()
    graph.answer = lambda _: (200, {"Set-Cookie": "session=1; Path=/"}, answer)
    with connected(graph.url) as client:
        for _ in range(2):
            client.send_text(**MESSAGE, body="Hola")
    assert all("Cookie" not in headers for _, headers, _ in graph.requests)


def test_proxies_of_the_environment_are_ignored(graph, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert send(graph.url).fate == Fate.ACCEPTED


def test_connection_is_reused(graph):
    with connected(graph.url) as client:
        for _ in range(5):
            client.send_text(**MESSAGE, body="Hola")
    assert len(graph.connections) == 1


def test_threads_get_their_own_answers_over_pooled_connections(graph):
    def echo(body):
        return 200, {}, json.dumps(accepted(id=body["biz_opaque_callback_data"])).encode()

    graph.answer = echo
    ids = [f"message-{number}" for number in range(400)]
    with connected(graph.url, threads=8) as client, ThreadPoolExecutor(8) as threads:
        results = threads.map(
            lambda it: client.send_text(**MESSAGE | {"message_id": it}, body="Hola"), ids
        )
        assert [result.meta_message_id for result in results] == ids
    assert len(graph.connections) <= 8


@pytest.mark.parametrize("token", ["", "EAA\n", "EAA x", "EAAñ"])
def test_token_that_no_header_can_carry_is_refused_and_not_named(token):
    with pytest.raises(ValueError, match="access token") as caught:
        WhatsAppClient(graph_url="https://graph.facebook.com", **SETTINGS | {"access_token": token})
    assert "EAA" not in str(caught.value)
