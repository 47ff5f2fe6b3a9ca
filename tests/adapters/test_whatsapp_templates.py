"""Changes of templates: told once, whatever happens, and found again by name."""

import json
import socket
import struct
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.adapters.whatsapp_templates import MAX_PAGES, TemplateClient
from shared.errors import MetaReadError
from shared.template_changes import ChangeResult, Outcome
from tests.adapters.graph_server import TOKEN, graph_error, graph_server, raw_server, read_request

WABA, TEMPLATE = "102290129340398", "564750795574598"
NAME = "0123456789ab_promo"
DRAFT = {"name": NAME, "language": "es_MX", "category": "MARKETING", "components": {"x": {}}}
UNKNOWN = ChangeResult(outcome=Outcome.UNKNOWN)
NEVER_LEFT = ChangeResult(outcome=Outcome.RETURNED)
TAKEN_NAME = {
    "error": {
        "message": "Invalid parameter",
        "type": "OAuthException",
        "code": 100,
        "error_subcode": 2388024,
        "is_transient": False,
        "error_user_title": "Content in This Language Already Exists",
        "error_user_msg": "There is already Spanish (MEX) content for this template. "
        "You can create a new template and try again.",
        "fbtrace_id": "AbCdEf",
    }
}


@pytest.fixture
def graph():
    with graph_server() as server:
        yield server


@contextmanager
def connected(url, **settings):
    defaults = {"connect_timeout_s": 5.0, "read_timeout_s": 0.5}
    client = TemplateClient(
        access_token=TOKEN, graph_url=url, graph_version="v24.0", **defaults | settings
    )
    try:
        yield client
    finally:
        client.close()


def create(url, **settings):
    with connected(url, **settings) as client:
        return client.create(WABA, DRAFT)


def edit(url, **settings):
    with connected(url, **settings) as client:
        return client.edit(TEMPLATE, {"components": {"x": {}}})


def delete(url, **settings):
    with connected(url, **settings) as client:
        return client.delete(WABA, TEMPLATE, NAME)


def find(url):
    with connected(url) as client:
        return client.find(WABA, NAME, "es_MX")


def answering(status, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: (status, headers, content)


def listed(name=NAME, language="es_MX", template_id=TEMPLATE, **said):
    return {"id": template_id, "name": name, "language": language, "status": "APPROVED"} | said


CHANGES = pytest.mark.parametrize("change", [create, edit, delete])


# What is told to Meta, and what its answer means.


def test_template_is_created_and_told_in_our_words(graph):
    graph.answer = answering(200, {"id": TEMPLATE, "status": "PENDING", "category": "UTILITY"})
    assert create(graph.url) == ChangeResult(
        outcome=Outcome.ACCEPTED, meta_template_id=TEMPLATE, status="pending", category="UTILITY"
    )
    [(path, headers, body)] = graph.requests
    assert (path, body) == (f"/v24.0/{WABA}/message_templates", DRAFT)
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_edit_goes_to_the_template_and_its_success_is_its_acceptance(graph):
    graph.answer = answering(200, {"success": True})
    assert edit(graph.url) == ChangeResult(outcome=Outcome.ACCEPTED, meta_template_id=TEMPLATE)
    assert graph.requests[0][0] == f"/v24.0/{TEMPLATE}"


def test_deletion_names_one_language_only(graph):
    graph.answer = answering(200, {"success": True})
    assert delete(graph.url).outcome is Outcome.ACCEPTED
    asked = urlsplit(graph.requests[0][0])
    assert asked.path == f"/v24.0/{WABA}/message_templates"
    assert parse_qs(asked.query) == {"hsm_id": [TEMPLATE], "name": [NAME]}


def test_deletion_of_what_is_gone_is_accepted(graph):
    error = graph_error(100) | {}
    error["error"]["error_subcode"] = 2593002
    graph.answer = answering(400, error)
    assert delete(graph.url).outcome is Outcome.ACCEPTED
    assert edit(graph.url).outcome is Outcome.REFUSED


def test_refusal_gives_the_reason_that_meta_has_for_people(graph):
    graph.answer = answering(400, TAKEN_NAME)
    assert create(graph.url) == ChangeResult(
        outcome=Outcome.REFUSED,
        error_code=100,
        error_subcode=2388024,
        reason="Content in This Language Already Exists: There is already Spanish (MEX) content "
        "for this template. You can create a new template and try again.",
    )


@pytest.mark.parametrize(
    ("title", "message", "reason"),
    [
        (None, "Escribe al +52 55 1234 5678", "Escribe al [number]"),
        ("Falta un ejemplo", None, "Falta un ejemplo"),
        ("Falta", "Falta un ejemplo en BODY", "Falta un ejemplo en BODY"),
        (None, None, "the details"),
        (["x"], {"y": 1}, "the details"),
    ],
)
def test_reason_is_the_best_there_is_and_holds_no_number(graph, title, message, reason):
    error = graph_error(100, details="the details")
    error["error"] |= {"error_user_title": title, "error_user_msg": message}
    graph.answer = answering(400, error)
    assert create(graph.url).reason == reason


@CHANGES
@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (400, {"code": 100}, Outcome.REFUSED),
        (400, {"code": 192}, Outcome.REFUSED),  # listed nowhere, and Meta's own word all the same
        (400, {"code": 132007}, Outcome.REFUSED),
        (400, {"code": 100, "is_transient": True}, Outcome.RETURNED),
        (400, {"code": 1}, Outcome.RETURNED),
        (400, {"code": 80007}, Outcome.RETURNED),
        (401, {"code": 190}, Outcome.RETURNED),
        (403, {"code": 200}, Outcome.RETURNED),
        (403, {"code": 368}, Outcome.RETURNED),
        (429, {"code": 4}, Outcome.RETURNED),
        (500, {"code": 131000}, Outcome.UNKNOWN),
        (503, {"code": 2}, Outcome.UNKNOWN),
        (400, {}, Outcome.UNKNOWN),
    ],
)
def test_only_what_the_template_is_at_fault_for_is_refused(graph, change, status, error, outcome):
    graph.answer = answering(status, {"error": error | {"message": "…"}})
    assert change(graph.url).outcome is outcome
    assert len(graph.requests) == 1


@CHANGES
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {}),
        (200, {"id": None, "success": "true"}),
        (200, {"id": "", "success": False}),
        (200, []),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b'{"id":"1","success":true,"x":"' + b"x" * 70_000 + b'"}'),
        (302, {"id": "1", "success": True}),
        (403, b"<html>"),
        (502, b"<!DOCTYPE html><h1>502 Bad Gateway</h1>"),
        (500, b""),
    ],
)
def test_answer_that_tells_nothing_leaves_the_change_unknown(graph, change, status, body):
    graph.answer = answering(status, body, Location="/v24.0/elsewhere")
    assert change(graph.url) == UNKNOWN
    assert len(graph.requests) == 1


@CHANGES
def test_token_is_in_no_result(graph, change):
    graph.answer = answering(401, graph_error(190, f"Malformed access token {TOKEN}"))
    result = change(graph.url)
    assert (result.error_code, result.reason) == (190, "Malformed access token [token]")


# Every way to lose an answer.


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("change", [create, edit])
@pytest.mark.parametrize("url", [None, "http://graph.invalid"])
def test_change_that_never_left_may_be_told_again(change, url):
    assert change(url or f"http://127.0.0.1:{closed_port()}") == NEVER_LEFT


def test_change_to_a_server_without_tls_never_left(graph):
    assert create(graph.url.replace("http:", "https:")) == NEVER_LEFT


def test_deletion_without_answer_is_unknown_even_where_nobody_listened():
    assert delete(f"http://127.0.0.1:{closed_port()}") == UNKNOWN


def be_silent(connection):
    connection.recv(1)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(_):
    pass


def cut(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id":"1","success":tr')


def babble(connection):
    connection.sendall(b"220 smtp.example.mx ESMTP\r\n\r\n")


@pytest.mark.parametrize("change", [create, edit])
@pytest.mark.parametrize("lose", [be_silent, reset, close, cut, babble])
def test_change_whose_answer_is_lost_is_unknown(change, lose):
    with raw_server(lambda connection: (read_request(connection), lose(connection))) as address:
        assert change(f"http://{address}", read_timeout_s=0.2) == UNKNOWN


@pytest.mark.parametrize("lose", [be_silent, reset, close, cut, babble])
def test_deletion_whose_answer_is_lost_is_unknown(lose):
    with raw_server(lambda connection: (connection.recv(65536), lose(connection))) as address:
        assert delete(f"http://{address}", read_timeout_s=0.2) == UNKNOWN


# A template is found by its name.


def test_template_is_found_by_exactly_its_name_and_language(graph):
    components = [{"type": "BODY", "text": "Hola"}]
    others = [
        listed(f"{NAME}_2"),
        listed(language="es"),
        listed(language="en_US"),
        {"name": NAME, "language": "es_MX"},
        "no template",
    ]
    found = listed(
        components=components,
        parameter_format="NAMED",
        category="UTILITY",
        status="REJECTED",
        rejected_reason="INVALID_FORMAT",
    )
    graph.answer = answering(200, {"data": [*others, found]})
    template = find(graph.url)
    assert (template.meta_template_id, template.name, template.language) == (
        TEMPLATE,
        NAME,
        "es_MX",
    )
    assert (template.status, template.category, template.reason) == (
        "rejected",
        "UTILITY",
        "INVALID_FORMAT",
    )
    assert template.components == tuple(components)
    assert (template.parameter_format, template.deleted) == ("NAMED", False)
    asked = parse_qs(urlsplit(graph.requests[0][0]).query)
    assert asked["name"] == [NAME]
    assert "components" in asked["fields"][0]


def pages(*all_pages):
    """Answer page by page; the cursor is the next page's number."""

    def answer(address):
        number = int(parse_qs(urlsplit(address).query).get("after", ["0"])[0])
        paging = {"cursors": {"after": str(number + 1)}}
        if number + 1 < len(all_pages):
            paging["next"] = "https://elsewhere.example/"
        return 200, {}, json.dumps({"data": all_pages[number], "paging": paging}).encode()

    return answer


def test_template_on_a_later_page_is_found(graph):
    graph.answer = pages([listed(f"{NAME}_2")], [listed(f"{NAME}_3")], [listed()])
    assert find(graph.url).meta_template_id == TEMPLATE
    assert len(graph.requests) == 3


def test_template_that_is_nowhere_is_none(graph):
    graph.answer = pages([listed(f"{NAME}_2")], [listed("otra")])
    assert find(graph.url) is None


@pytest.mark.parametrize("status", ["PENDING_DELETION", "DELETED"])
def test_deleted_template_is_told_only_where_there_is_no_other(graph, status):
    gone = listed(template_id="1", status=status)
    graph.answer = pages([gone], [listed()])
    assert find(graph.url).meta_template_id == TEMPLATE
    graph.answer = pages([gone], [listed("otra")])
    assert (find(graph.url).meta_template_id, find(graph.url).deleted) == ("1", True)


def test_no_answer_is_not_taken_for_no_template(graph):
    for answer in (
        answering(503, b""),
        answering(200, {}),
        answering(200, {"data": {}}),
        answering(401, graph_error(190)),
        pages(*[[listed("otra")]] * (MAX_PAGES + 1)),
    ):
        graph.answer = answer
        with pytest.raises(MetaReadError):
            find(graph.url)


def test_question_is_asked_again_where_no_answer_comes(graph):
    left = [502, 503]
    graph.answer = lambda _: (
        (left.pop(), {}, b"") if left else (200, {}, json.dumps({"data": [listed()]}).encode())
    )
    assert find(graph.url).meta_template_id == TEMPLATE
