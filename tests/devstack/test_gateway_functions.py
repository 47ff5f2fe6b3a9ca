"""`/rest/v1/rpc`: arguments, shapes and transactions as PostgREST has them."""

import json

import pytest
from postgrest.exceptions import APIError

A_DATE = "2027-03-01T11:42:28+00:00"


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("add", {"a": 1, "b": 2}, 3),
        ("add", {"a": 1}, 11),
        ("nobody", {}, None),
        ("numbers", {"n": 3}, [1, 2, 3]),
        ("numbers", {"n": 0}, []),
        ("pairs", {"n": 2}, [{"id": 1, "label": "p1"}, {"id": 2, "label": "p2"}]),
        ("pairs", {"n": 0}, []),
        ("one_pair", {}, {"id": 7, "label": "seven"}),
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
    page = client.rpc("pairs", {"n": 9}, count="exact").gte("id", 4).order("id", desc=True).limit(2)
    found = page.execute()
    assert (found.data, found.count) == (
        [{"id": 9, "label": "p9"}, {"id": 8, "label": "p8"}],
        6,
    )


def test_get_call_casts_arguments_from_text(stage):
    client = stage.client(stage.keys.secret)
    arguments = {"doc": {"x": 1}, "list": [1, 2], "at": A_DATE}

    assert client.rpc("echo", arguments, get=True).execute().data == arguments


def test_get_call_tells_filters_from_arguments(stage):
    response = stage.send("GET", "rpc/pairs?n=5&id=gte.4&select=label")

    assert response.json() == [{"label": "p4"}, {"label": "p5"}]


def test_argument_that_looks_like_a_filter_stays_an_argument(stage):
    assert stage.send("GET", "rpc/pairs?n=eq.1").json()["code"] == "22P02"


def test_head_call_has_headers_only(stage):
    response = stage.send("HEAD", "rpc/pairs?n=5", headers={"Prefer": "count=exact"})

    assert (response.headers["content-range"], response.content) == ("0-4/5", b"")


def test_single_object_is_unwrapped(stage):
    accept = {"Accept": "application/vnd.pgrst.object+json"}

    one = stage.send("POST", "rpc/pairs", json={"n": 1}, headers=accept)
    two = stage.send("POST", "rpc/pairs", json={"n": 2}, headers=accept)

    assert one.json() == {"id": 1, "label": "p1"}
    assert (two.status_code, two.json()["code"]) == (406, "PGRST116")


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


def test_overloads_that_both_fit_are_refused(stage):
    response = stage.send("POST", "rpc/twice", json={"a": 1})

    assert (response.status_code, response.json()["code"]) == (300, "PGRST203")


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


def test_function_replaced_later_is_read_again(stage):
    stage.sql("drop function if exists public.changing")
    stage.sql("create function public.changing(a int) returns int language sql as 'select 1'")
    assert stage.send("POST", "rpc/changing", json={"a": 1}).json() == 1
    stage.sql("drop function public.changing")
    stage.sql("create function public.changing(a text) returns int language sql as 'select 2'")

    answers = [stage.send("POST", "rpc/changing", json={"a": "x"}) for _ in range(2)]

    assert answers[-1].json() == 2


def test_request_settings_describe_the_request(stage):
    seen = stage.send("POST", "rpc/whoami", json={}, headers={"User-Agent": "o'agent\\"}).json()

    assert (seen["method"], seen["path"], seen["agent"]) == ("POST", "/rpc/whoami", "o'agent\\")
    assert seen["search_path"] == '"public", "extensions"'


@pytest.mark.parametrize(
    ("method", "path", "read_only"),
    [
        ("GET", "rpc/whoami", "on"),
        ("POST", "rpc/whoami", "on"),
    ],
)
def test_stable_function_runs_read_only(stage, method, path, read_only):
    body = {"json": {}} if method == "POST" else {}

    assert stage.send(method, path, **body).json()["read_only"] == read_only


def test_volatile_function_writes_by_post_alone(jobs):
    assert jobs.send("GET", "rpc/add_setting?k=by-get").status_code == 405
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
        ("PT418", False, 418),
        ("PTABC", False, 500),
        ("22023", False, 400),
        ("23502", False, 400),
        ("23514", False, 400),
        ("23503", False, 409),
        ("23505", False, 409),
        ("25006", False, 405),
        ("25001", False, 500),
        ("28000", False, 403),
        ("0L000", False, 403),
        ("0P000", False, 403),
        ("08006", False, 503),
        ("09000", False, 500),
        ("2D000", False, 500),
        ("38000", False, 500),
        ("39000", False, 500),
        ("3B000", False, 500),
        ("40001", False, 500),
        ("42501", False, 403),
        ("42501", True, 401),
        ("42883", False, 404),
        ("42P01", False, 404),
        ("42P17", False, 500),
        ("42601", False, 400),
        ("53100", False, 503),
        ("53400", False, 500),
        ("54000", False, 500),
        ("55P03", False, 500),
        ("57014", False, 500),
        ("57P01", False, 503),
        ("58000", False, 500),
        ("F0000", False, 500),
        ("HV000", False, 500),
        ("XX000", False, 500),
        ("ZZ999", False, 400),
    ],
)
def test_raised_code_decides_the_status_and_undoes_the_write(jobs, code, anonymous, status):
    headers = {"apikey": jobs.keys.publishable} if anonymous else {}

    response = jobs.send("POST", "rpc/fail", json={"code": code, "detail": "why"}, headers=headers)

    expected = {"code": code, "message": "it failed", "details": "why", "hint": "a hint"}
    assert (response.status_code, response.json()) == (status, expected)
    assert jobs.sql("select key from public.settings") == []


def test_raised_json_decides_the_whole_answer(stage):
    response = stage.send("POST", "rpc/fail_as_json", json={})

    assert (response.status_code, response.headers["retry-after"]) == (402, "9")
    assert response.json() == {"code": "full", "message": "No seats", "details": "d", "hint": None}


def test_function_sets_status_and_headers(stage):
    arguments = {"status": "202", "headers": json.dumps([{"X-Job": "5"}, {"Cache-Control": "no"}])}

    response = stage.send("POST", "rpc/answer", json=arguments)

    assert (response.status_code, response.headers["x-job"]) == (202, "5")
    assert response.json() == {"fine": True}


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [("soon", "[]", "PGRST112"), ("200", "{}}", "PGRST111"), ("200", '["x"]', "PGRST111")],
)
def test_unusable_status_or_headers_are_an_error(stage, status, headers, code):
    response = stage.send("POST", "rpc/answer", json={"status": status, "headers": headers})

    assert (response.status_code, response.json()["code"]) == (500, code)
