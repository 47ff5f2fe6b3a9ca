"""`/rest/v1/rpc`: arguments, shapes and transactions as PostgREST has them."""

import pytest
from postgrest.exceptions import APIError

A_DATE = "2027-03-01T11:42:28+00:00"


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("add", {"a": 1, "b": 2}, 3),
        ("add", {"a": 1}, 11),
        ("nobody", {}, None),
        ("pairs", {"n": 2}, [{"id": 1, "label": "p1"}, {"id": 2, "label": "p2"}]),
        ("pairs", {"n": 0}, []),
        (
            "echo",
            {"doc": {"x": [1, None]}, "list": [1, 2], "at": "2027-03-01T05:42:28-06:00"},
            {"doc": {"x": [1, None]}, "list": [1, 2], "at": A_DATE},
        ),
    ],
)
def test_result_keeps_its_shape(stage, name, arguments, answer):
    response = stage.send("POST", f"rpc/{name}", json=arguments)

    assert (response.status_code, response.json()) == (200, answer)
    assert response.headers["content-type"] == "application/json; charset=utf-8"


def test_void_function_has_no_body(stage):
    response = stage.send("POST", "rpc/nothing", json={})

    assert (response.status_code, response.content) == (204, b"")


def test_client_calls_functions(stage):
    client = stage.client(stage.keys.secret)

    assert client.rpc("add", {"a": 1, "b": 2}).execute().data == 3
    assert client.rpc("nothing").execute().data == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "PGRST102"),
        (b"[1]", 400, "PGRST102"),
        (b"\xff{}", 400, "PGRST102"),
        (b'{"a": 1, "c": 2}', 404, "PGRST202"),
        (b"{}", 404, "PGRST202"),
        (b'{"a": "no number"}', 400, "22P02"),
        (b'{"a": 3000000000}', 400, "22003"),
    ],
)
def test_wrong_arguments_are_refused(stage, body, status, code):
    response = stage.send("POST", "rpc/add", content=body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(response.json()) == {"code", "message", "details", "hint"}


def test_unknown_function_is_named_with_its_arguments(stage):
    client = stage.client(stage.keys.secret)

    with pytest.raises(APIError) as raised:
        client.rpc("missing", {"b": 1, "a": 2}).execute()

    assert raised.value.code == "PGRST202"
    assert "public.missing(a, b)" in raised.value.message


def test_function_created_later_is_found(stage):
    stage.sql("drop function if exists public.newcomer()")
    assert stage.send("POST", "rpc/newcomer", json={}).status_code == 404

    stage.sql("create function public.newcomer() returns int language sql as 'select 5'")

    assert stage.send("POST", "rpc/newcomer", json={}).json() == 5


def test_volatile_function_writes_and_a_stable_one_does_not(jobs):
    assert jobs.send("POST", "rpc/add_setting", json={"k": "by-post"}).status_code == 204

    refused = jobs.send("POST", "rpc/sneaky_setting", json={"k": "stable"})

    assert (refused.status_code, refused.json()["code"]) == (405, "25006")
    assert jobs.sql("select key from public.settings") == [("by-post",)]


def test_role_and_function_settings_limit_the_statement(stage, ana):
    seen = stage.send("POST", "rpc/whoami", json={}, bearer=ana).json()
    anon = stage.send("POST", "rpc/whoami", json={}, headers={"apikey": stage.keys.publishable})

    assert (seen["timeout"], anon.json()["timeout"]) == ("8s", "3s")
    assert stage.send("POST", "rpc/patient", json={}, bearer=ana).json() == "13s"


def test_statement_over_its_time_is_cancelled(stage):
    response = stage.send("POST", "rpc/hasty", json={})

    assert (response.status_code, response.json()["code"]) == (500, "57014")


@pytest.mark.parametrize(
    ("code", "anonymous", "status"),
    [
        ("P0001", False, 400),
        ("P0002", False, 500),
        ("PT409", False, 409),
        ("PTABC", False, 500),
        ("22023", False, 400),
        ("23505", False, 409),
        ("25006", False, 405),
        ("40001", False, 500),
        ("42501", False, 403),
        ("42501", True, 401),
        ("42883", False, 404),
        ("53100", False, 503),
        ("53400", False, 500),
        ("57P01", False, 503),
        ("ZZ999", False, 400),
    ],
)
def test_raised_code_decides_the_status_and_undoes_the_write(jobs, code, anonymous, status):
    headers = {"apikey": jobs.keys.publishable} if anonymous else {}

    response = jobs.send("POST", "rpc/fail", json={"code": code, "detail": "why"}, headers=headers)

    expected = {"code": code, "message": "it failed", "details": "why", "hint": "a hint"}
    assert (response.status_code, response.json()) == (status, expected)
    assert jobs.sql("select key from public.settings") == []


def test_answer_never_has_more_than_a_thousand_rows(stage):
    assert len(stage.send("POST", "rpc/pairs", json={"n": 1500}).json()) == 1000
