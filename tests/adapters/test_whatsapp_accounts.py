"""Questions to the Graph API: asked again without an answer, and no token in the address."""

import json
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.adapters.whatsapp_accounts import MAX_PAGES, AccountReader
from shared.errors import MetaReadError
from tests.adapters.graph_server import TOKEN, graph_error, graph_server

WABA = "102290129340398"
NUMBER = "106540352242922"


@pytest.fixture
def graph():
    with graph_server() as server:
        yield server


@contextmanager
def reading(url):
    reader = AccountReader(
        access_token=TOKEN,
        graph_url=url,
        graph_version="v24.0",
        connect_timeout_s=5,
        read_timeout_s=0.5,
    )
    try:
        yield reader
    finally:
        reader.close()


def standing(url):
    with reading(url) as reader:
        return reader.get_standing(NUMBER)


def listed(url):
    with reading(url) as reader:
        return [template.name for template in reader.list_templates(WABA)]


def answering(status, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: (status, headers, content)


def page_after(address):
    """Return the page that an address asks for, of a listing that never ends."""
    number = int(parse_qs(urlsplit(address).query).get("after", ["0"])[0])
    template = {"id": str(number + 1), "name": f"t{number}", "language": "es_MX"}
    paging = {"cursors": {"after": str(number + 1)}, "next": "https://elsewhere.example/"}
    return {"data": [template, {"id": "x"}], "paging": paging}


def failing_first(failures, answer):
    """Return a server's behaviour: the first calls fail with 503."""
    left = [503] * failures

    def behave(_):
        return (left.pop(), {}, b"") if left else (200, {}, json.dumps(answer).encode())

    return behave


def test_question_names_its_fields_and_keeps_the_token_in_the_header(graph):
    graph.answer = answering(200, {"status": "CONNECTED", "id": NUMBER})
    assert standing(graph.url).meta_status == "CONNECTED"
    [(path, headers, _)] = graph.requests
    asked = urlsplit(path)
    assert asked.path == f"/v24.0/{NUMBER}"
    assert parse_qs(asked.query) == {
        "fields": ["status,quality_rating,throughput,whatsapp_business_manager_messaging_limit"]
    }
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in path


def test_pages_are_read_to_the_last_one(graph):
    def answer(address):
        page = page_after(address)
        if page["data"][0]["name"] == "t2":
            del page["paging"]["next"]
        return 200, {}, json.dumps(page).encode()

    graph.answer = answer
    assert listed(graph.url) == ["t0", "t1", "t2"]
    assert {urlsplit(path).path for path, _, _ in graph.requests} == {
        f"/v24.0/{WABA}/message_templates"
    }


def test_listing_that_never_ends_is_left_at_some_point(graph):
    graph.answer = lambda address: (200, {}, json.dumps(page_after(address)).encode())
    assert len(listed(graph.url)) == MAX_PAGES


def test_empty_listing_is_an_answer(graph):
    graph.answer = answering(200, {"data": []})
    assert listed(graph.url) == []


@pytest.mark.parametrize("failures", [1, 2])
def test_question_without_answer_is_asked_again(graph, failures):
    graph.answer = failing_first(failures, {"status": "CONNECTED"})
    assert standing(graph.url).meta_status == "CONNECTED"
    assert len(graph.requests) == failures + 1


def test_question_is_not_asked_for_ever(graph):
    graph.answer = answering(503, graph_error(2), **{"Retry-After": "3600"})
    with pytest.raises(MetaReadError) as caught:
        standing(graph.url)
    assert (caught.value.meta_code, len(graph.requests)) == (2, 3)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, graph_error(190, f"Malformed access token {TOKEN}"), 190),
        (400, graph_error(100) | {"status": "CONNECTED"}, 100),
        (400, {"error": {"code": 100, "error_subcode": 33}}, 33),
        (403, b"<html>", None),
        (200, b"<html>", None),
        (200, b"", None),
        (200, b"[" * 100_000, None),
        (200, [], None),
        (307, {"status": "CONNECTED"}, None),
    ],
)
def test_answer_that_tells_nothing_is_an_error_with_metas_code(graph, status, body, code):
    graph.answer = answering(status, body, Location="/v24.0/elsewhere")
    with pytest.raises(MetaReadError) as caught:
        standing(graph.url)
    assert caught.value.meta_code == code
    assert TOKEN not in repr(caught.value)
    assert len(graph.requests) == 1


@pytest.mark.parametrize("data", [None, {}, "templates"])
def test_listing_without_a_list_is_an_error(graph, data):
    graph.answer = answering(200, {"data": data, "id": WABA})
    with pytest.raises(MetaReadError):
        listed(graph.url)


def test_nobody_listening_is_an_error_that_names_no_address():
    with pytest.raises(MetaReadError) as caught:
        standing("http://127.0.0.1:9")
    assert (caught.value.meta_code, caught.value.__cause__) == (None, None)
    assert "127.0.0.1" not in repr(caught.value)


def test_proxies_of_the_environment_are_ignored(graph, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    graph.answer = answering(200, {"status": "CONNECTED"})
    assert standing(graph.url).meta_status == "CONNECTED"
