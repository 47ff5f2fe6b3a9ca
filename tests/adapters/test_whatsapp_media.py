"""Files for Meta: samples are continued where they were interrupted, refusals are final."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.errors import MetaUploadError
from tests.adapters.graph_server import TOKEN, graph_error, graph_server
from tests.adapters.test_whatsapp_templates import answering, connected

APP, NUMBER = "634974688087057", "106540352242922"
SESSION = "upload:MTphdHRhY2htZW50Ojk=?sig=ARZqkGCA-x_1"
CONTENT = b"%PDF-1.7 " + bytes(range(256)) * 4


@pytest.fixture
def graph():
    with graph_server() as server:
        yield server


def sample(url):
    with connected(url) as client:
        return client.upload_sample(APP, CONTENT, "application/pdf", "Plan Ñ.pdf")


def media(url):
    with connected(url) as client:
        return client.upload_media(NUMBER, CONTENT, "application/pdf", 'Plan "Ñ"\r\n.pdf')


def session(*answers, taken=0):
    """Answer as an upload session: `answers` to its bytes in turn, `taken` where it is asked."""
    left = list(answers)

    def answer(body):
        if isinstance(body, str):
            return 200, {}, json.dumps({"id": SESSION, "file_offset": taken}).encode()
        if not body:
            return 200, {}, json.dumps({"id": SESSION}).encode()
        status, content = left.pop(0)
        return status, {}, content if isinstance(content, bytes) else json.dumps(content).encode()

    return answer


def calls(graph):
    """What was given to the session: the offset, and the bytes; None where it was asked."""
    return [
        (headers.get("file_offset"), body if isinstance(body, bytes) else None)
        for _, headers, body in graph.requests[1:]
    ]


def test_sample_is_described_and_then_given(graph):
    graph.answer = session((200, {"h": "4::aW1hZ2U="}))
    assert sample(graph.url) == "4::aW1hZ2U="
    (started, _, _), (filled, headers, content) = graph.requests
    assert urlsplit(started).path == f"/v24.0/{APP}/uploads"
    assert parse_qs(urlsplit(started).query) == {
        "file_name": ["Plan Ñ.pdf"],
        "file_length": [str(len(CONTENT))],
        "file_type": ["application/pdf"],
    }
    assert filled == f"/v24.0/{SESSION}"
    assert (headers["Authorization"], headers["file_offset"]) == (f"OAuth {TOKEN}", "0")
    assert content == CONTENT
    assert TOKEN not in started + filled


@pytest.mark.parametrize("failure", [(502, b"<html>"), (200, b""), (503, graph_error(2))])
def test_interrupted_sample_is_continued_where_it_stopped(graph, failure):
    graph.answer = session(failure, (200, {"h": "4::x"}), taken=400)
    assert sample(graph.url) == "4::x"
    assert calls(graph) == [("0", CONTENT), (None, None), ("400", CONTENT[400:])]


@pytest.mark.parametrize("taken", [len(CONTENT), 99_999, "x", None, -1])
def test_sample_whose_answer_alone_was_lost_is_given_again(graph, taken):
    graph.answer = session((502, b""), (200, {"h": "4::x"}), taken=taken)
    assert sample(graph.url) == "4::x"
    assert calls(graph)[-1] == ("0", CONTENT)


def test_sample_is_not_tried_for_ever(graph):
    graph.answer = session(*[(502, b"")] * 5)
    with pytest.raises(MetaUploadError) as caught:
        sample(graph.url)
    assert (caught.value.refused, caught.value.status) == (False, 503)
    assert [offset for offset, _ in calls(graph)] == ["0", None, "0", None, "0"]


def test_refused_sample_is_not_given_again(graph):
    graph.answer = session((400, graph_error(100, "(#100) Invalid file +52 55 1234 5678")))
    with pytest.raises(MetaUploadError) as caught:
        sample(graph.url)
    assert (caught.value.refused, caught.value.meta_code) == (True, 100)
    assert (caught.value.status, caught.value.code) == (422, "media_refused")
    assert caught.value.reason == "(#100) Invalid file [number]"
    assert len(graph.requests) == 2


@pytest.mark.parametrize(
    "session_id",
    [None, "", 7, "upload:", "upload:a/../../messages", "https://x.mx/", "upload:a#b", "upload:ñ"],
)
def test_session_whose_name_is_none_gets_no_file(graph, session_id):
    graph.answer = answering(200, {"id": session_id})
    with pytest.raises(MetaUploadError) as caught:
        sample(graph.url)
    assert not caught.value.refused
    assert len(graph.requests) == 1


def test_media_is_given_to_the_number_with_its_type(graph):
    graph.answer = answering(200, {"id": "1013859600285441"})
    assert media(graph.url) == "1013859600285441"
    [(path, headers, body)] = graph.requests
    assert path == f"/v24.0/{NUMBER}/media"
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    parts = body.split(b"--" + headers["Content-Type"].partition("boundary=")[2].encode())
    heads = [part.partition(b"\r\n\r\n")[0].decode() for part in parts[1:-1]]
    contents = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:-1]]
    assert contents == [b"whatsapp", b"application/pdf", CONTENT]
    assert 'name="file"; filename="Plan %22Ñ%22%0D%0A.pdf"' in heads[2]
    assert "Content-Type: application/pdf" in heads[2]


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (400, graph_error(100, "Param file must be a file"), True),
        (400, graph_error(131053), True),
        (401, graph_error(190, f"Malformed access token {TOKEN}"), False),
        (400, graph_error(80007), False),
        (500, graph_error(131000), False),
        (502, b"<html>", False),
        (200, {}, False),
        (413, b"<html>", False),
    ],
)
def test_media_that_is_not_taken_is_given_once(graph, status, body, refused):
    graph.answer = answering(status, body)
    with pytest.raises(MetaUploadError) as caught:
        media(graph.url)
    assert caught.value.refused is refused
    assert TOKEN not in repr(vars(caught.value))
    assert len(graph.requests) == 1


@pytest.mark.parametrize("upload", [sample, media])
def test_nobody_listening_is_an_error_that_names_no_address(upload):
    with pytest.raises(MetaUploadError) as caught:
        upload("http://127.0.0.1:9")
    assert (caught.value.refused, caught.value.reason) == (False, None)
    assert "127.0.0.1" not in repr(vars(caught.value))
