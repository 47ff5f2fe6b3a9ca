import base64
import io
import json
import logging

import pytest
from flask import Flask, Request
from werkzeug.test import EnvironBuilder

from shared.bodies import Body
from shared.errors import InvalidInput, Malfunction, Refused, Unavailable
from shared.http import (
    Api,
    Reply,
    as_it_is,
    bearer_token,
    parse_json,
    read_body,
    read_pushed_message,
    signed_in,
)
from shared.logs import JsonFormatter
from shared.waits import Waits


def request(method="GET", path="/", **options) -> Request:
    """Make a request as the door hands it on."""
    environ = EnvironBuilder(path=path, method=method, **options).get_environ()
    environ["wsgi.input"] = Body(environ, Waits(threads=1))
    return Request(environ)


def answer(handler, method="GET", path="/things/7"):
    """Call an API of one route, GET /things/<number>, in which `handler` does the work."""
    api = Api([("GET", "/things/<number>", handler)], silent())
    with Flask("test").app_context():
        return api(request(method, path))


def silent(stream=None) -> logging.Logger:
    logger = logging.Logger("test")  # noqa: LOG001 - nobody else should find it
    handler = logging.StreamHandler(stream or io.StringIO())
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    return logger


def raising(error):
    def handler(_, **__):
        raise error

    return handler


def test_reply_leaves_as_json_in_its_own_letters():
    response = answer(lambda _, number: Reply(status=202, body={"número": number}))
    assert (response.status_code, response.mimetype) == (202, "application/json")
    assert response.get_data() == '{"número": "7"}'.encode()


def test_text_and_headers_leave_as_they_are():
    response = answer(lambda *_, **__: Reply(text="1158", headers={"X-Test": "1"}))
    assert (response.get_data(), response.mimetype) == (b"1158", "text/plain")
    assert response.headers["X-Test"] == "1"


def test_file_leaves_piece_by_piece_as_it_is_made():
    made = []

    def pieces():
        for n in range(3):
            made.append(n)
            yield b"%d" % n

    reply = Reply(stream=pieces(), mimetype="text/csv", headers={"X-Test": "1"})
    response = answer(lambda *_, **__: reply)
    assert (response.mimetype, response.headers["X-Test"], made) == ("text/csv", "1", [])
    sent = iter(response.response)
    assert (next(sent), made) == (b"0", [0])
    assert b"".join(sent) == b"12"


def test_file_that_cannot_be_made_to_its_end_breaks_off():
    """A whole answer without its last record would be taken for one with it."""

    def pieces():
        yield b"0"
        raise Unavailable("store_unavailable")

    sent = iter(answer(lambda *_, **__: Reply(stream=pieces())).response)
    assert next(sent) == b"0"
    with pytest.raises(Unavailable):
        next(sent)


@pytest.mark.parametrize(
    ("error", "status", "title", "code"),
    [
        (InvalidInput("a", "No.", "f"), 422, "Unprocessable", "a"),
        (InvalidInput("a", "No.", "f", 413), 413, "Request Entity Too Large", "a"),
        (Refused("b", "No."), 409, "Conflict", "b"),
        (Unavailable("c"), 503, "Service Unavailable", "c"),
        (Malfunction("d"), 500, "Internal Server Error", "d"),
        (ValueError("+52 55 1234 5678"), 500, "Internal Server Error", "internal_error"),
    ],
)
def test_error_leaves_as_problem_details(error, status, title, code):
    response = answer(raising(error))
    problem = json.loads(response.get_data())
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert problem["title"].startswith(title)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:campaignpro:whatsapp:{code}"
    assert problem["detail"]
    assert ("field" in problem) == bool(getattr(error, "field", ""))
    assert "1234" not in response.get_data(as_text=True)
    assert ("Retry-After" in response.headers) == (status == 503)


def test_error_tells_what_it_has_besides_and_keeps_its_own_words():
    error = Refused("veda", "No.", status=403)
    error.members = {"bounds": {"starts_at": "2027-06-03T05:00:00+00:00"}, "code": "otro"}
    problem = json.loads(answer(raising(error)).get_data())
    assert (problem["bounds"], problem["code"]) == (error.members["bounds"], "veda")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", "path_not_found"),
        ("GET", "//things/7", "path_not_found"),
        ("GET", "/things/7/", "path_not_found"),
        ("POST", "/things/7", "method_not_allowed"),
    ],
)
def test_address_of_no_route_is_told(method, path, code):
    response = answer(lambda *_, **__: Reply(), method, path)
    assert json.loads(response.get_data())["code"] == code


def test_our_own_mistakes_are_logged_with_their_place():
    stream = io.StringIO()
    api = Api([("GET", "/", raising(ZeroDivisionError("1234567890")))], silent(stream))
    api(request())
    line = json.loads(stream.getvalue())
    assert (line["severity"], line["error_type"]) == ("ERROR", "ZeroDivisionError")
    assert "1234567890" not in stream.getvalue()


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_what_is_no_json_is_refused(raw):
    with pytest.raises(InvalidInput) as caught:
        parse_json(raw, as_it_is)
    assert (caught.value.code, caught.value.status) == ("malformed_json", 400)


def test_body_may_be_as_large_as_allowed():
    assert read_body(request("POST", data=b"x" * 10), largest=10) == b"x" * 10
    with pytest.raises(InvalidInput) as caught:
        read_body(request("POST", data=b"x" * 11), largest=10)
    assert (caught.value.code, caught.value.status) == ("body_too_large", 413)


def test_value_is_read_and_refused_without_holding_on_to_it():
    def refusing(value):
        raise InvalidInput("a", "No.", value)

    assert parse_json(b'{"a": 1}', len) == 1
    with pytest.raises(InvalidInput) as caught:
        parse_json(b'"f"', refusing)
    assert caught.value.field == "f"
    assert [frame.name for frame in caught.traceback][-1] == "parse_json"


def test_request_that_is_not_admitted_reaches_no_handler():
    def refuse(_):
        raise Refused("token_missing", "No.", status=401)

    api = Api([("GET", "/", raising(AssertionError()))], silent(), refuse)
    assert api(request()).status_code == 401
    assert api(request(path="/nowhere")).status_code == 404


@pytest.mark.parametrize(
    ("header", "code"),
    [("", "token_missing"), ("Basic t", "token_missing"), ("Bearer ñ", "token_malformed")],
)
def test_nobody_is_signed_in_without_a_token(header, code):
    with pytest.raises(Refused) as caught:
        signed_in(raising(AssertionError()))(request(headers={"Authorization": header}))
    assert (caught.value.code, caught.value.status) == (code, 401)


def test_pushed_message_is_unwrapped():
    envelope = {"message": {"data": base64.b64encode(b"\x00raw").decode()}}
    assert read_pushed_message(request("POST", json=envelope)) == b"\x00raw"


@pytest.mark.parametrize("data", [None, 5, "=", "e30", "ñ", "e3 0=", {}])
def test_envelope_without_base64_is_refused(data):
    with pytest.raises(InvalidInput) as caught:
        read_pushed_message(request("POST", json={"message": {"data": data}}))
    assert caught.value.code == "malformed_envelope"


@pytest.mark.parametrize("header", ["Bearer t", "bearer t", "BEARER  t "])
def test_token_is_read_whatever_its_spelling(header):
    assert bearer_token(request(headers={"Authorization": header})) == "t"


@pytest.mark.parametrize("header", ["", "t", "Bearer", "Bearer  ", "Basic t"])
def test_missing_token_is_refused(header):
    with pytest.raises(Refused) as caught:
        bearer_token(request(headers={"Authorization": header}))
    assert (caught.value.code, caught.value.status) == ("token_missing", 401)
