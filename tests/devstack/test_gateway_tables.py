"""`/rest/v1/<table>`: what supabase-py sends for single tables, and what comes back."""

import pytest
from postgrest.exceptions import APIError


@pytest.fixture
def table(jobs):
    """The jobs as service_role sees them, through supabase-py."""
    return jobs.client(jobs.keys.secret).table("jobs")


def ids(response):
    return [row["id"] for row in response.data]


def test_types_survive_as_postgres_writes_them(jobs):
    text = jobs.send("GET", "jobs?id=eq.1&select=id,amount,created_at,tags,payload").text

    assert '"amount":9007199254740993.01' in text
    assert '"created_at":"2027-03-02T11:42:28+00:00"' in text
    assert '"tags":["t1","all"]' in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("id=eq.2", [2]),
        ("id=neq.2", [1, 3, 4, 5]),
        ("id=gt.3", [4, 5]),
        ("id=gte.3&id=lt.5", [3, 4]),
        ("id=lte.2", [1, 2]),
        ("created_at=gt.2027-03-05T00:00:00Z", [4, 5]),
        ("name=like.*2", [2]),
        ("name=like.job _", [1, 2, 3, 4, 5]),
        ("name=ilike.JOB 3", [3]),
        ("id=in.(1,5)", [1, 5]),
        ("id=in.()", []),
        ('name=in.("job 1","a,b")', [1]),
        ("id=not.in.(1,5)", [2, 3, 4]),
        ("payload=is.null", []),
        ("payload=not.is.null&id=lt.3", [1, 2]),
        ("or=(id.eq.1,and(id.gt.3,status.eq.done))", [1, 4]),
        ("not.or=(id.lte.2,id.in.(4,5))", [3]),
        ('or=(name.eq."job 2",name.eq."x,y")', [2]),
        ("and=(id.gt.1,not.or(id.eq.2,id.eq.3))", [4, 5]),
        ('payload=cs.{"a": 4}', [4]),
        ("tags=cs.{t5,all}", [5]),
        ("tags=cd.{t3,all,x}", [3]),
        ("payload->>a=eq.2", [2]),
        ("payload->deep->>k=eq.v3", [3]),
        ("payload->a=eq.1", [1]),
        ("order=id.desc&limit=2", [5, 4]),
        ("order=status.asc,id.desc.nullslast", [4, 2, 5, 3, 1]),
        ("order=id&offset=3", [4, 5]),
        ("order=id&offset=1&limit=2", [2, 3]),
    ],
)
def test_query_selects_rows(jobs, query, expected):
    path = f"jobs?select=id&{query}"

    found = [row["id"] for row in jobs.send("GET", path).json()]

    assert found == expected if "order=" in query else sorted(found) == expected


@pytest.mark.parametrize(
    ("select", "row"),
    [
        ("id,name", {"id": 1, "name": "job 1"}),
        ("number:id", {"number": 1}),
        ("id::text", {"id": "1"}),
        ("n:id::text", {"n": "1"}),
        ("payload->a", {"a": 1}),
        ("deep:payload->deep->>k", {"deep": "v1"}),
        ('"odd ""name"', None),
    ],
)
def test_select_names_and_casts_columns(jobs, select, row):
    response = jobs.send("GET", "jobs", params={"select": select, "id": "eq.1"})

    assert response.json() == [row] if row else response.status_code == 400


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("jobs?id=1", 400, "PGRST100"),
        ("jobs?id=almost.1", 400, "PGRST100"),
        ("jobs?id=in.1", 400, "PGRST100"),
        ("jobs?id=is.2", 400, "PGRST100"),
        ("jobs?or=id.eq.1", 400, "PGRST100"),
        ("jobs?limit=-1", 400, "PGRST100"),
        ("jobs?offset=9999999999999999999", 400, "22003"),
        ("jobs?payload->9999999999=eq.1", 400, "22003"),
        ("jobs?select=id,owner(name)", 400, "PGRST100"),
        ("jobs?select=missing", 400, "42703"),
        ("jobs?missing=eq.1", 400, "42703"),
        ("jobs?id=eq.x", 400, "22P02"),
        ("jobs?id=like.1", 404, "42883"),
        ("jobs?name=eq.%00", 400, "22021"),
        ("missing", 404, "PGRST205"),
        ("secrets", 404, "PGRST205"),
        ("private.secrets", 404, "PGRST205"),
        ("hidden", 403, "42501"),
    ],
)
def test_request_that_means_nothing_is_refused(jobs, query, status, code):
    response = jobs.send("GET", query)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Accept-Profile": "private"}, "PGRST106"),
        ({"Accept": "text/csv"}, "PGRST107"),
    ],
)
def test_other_schema_or_format_is_not_acceptable(jobs, headers, code):
    response = jobs.send("GET", "jobs", headers=headers)

    assert (response.status_code, response.json()["code"]) == (406, code)


@pytest.mark.parametrize(("method", "path"), [("PUT", "jobs"), ("DELETE", "rpc/add")])
def test_method_we_do_not_serve_is_refused_in_json(jobs, method, path):
    response = jobs.send(method, path)

    assert (response.status_code, response.json()["code"]) == (405, "PGRST117")


def test_count_and_range_describe_the_page(table):
    page = table.select("id, status", count="exact").order("id", desc=True).range(1, 2).execute()

    assert (ids(page), page.count) == ([4, 3], 5)


@pytest.mark.parametrize(
    ("path", "prefer", "status", "content_range"),
    [
        ("jobs", "count=exact", 200, "0-4/5"),
        ("jobs?limit=2", "count=exact", 206, "0-1/5"),
        ("jobs?offset=1&limit=2", "count=exact", 206, "1-2/5"),
        ("jobs?id=eq.99", "count=exact", 200, "*/0"),
        ("jobs?limit=2", "", 200, "0-1/*"),
        ("jobs?offset=9", "", 200, "*/*"),
    ],
)
def test_content_range_says_what_was_returned(jobs, path, prefer, status, content_range):
    response = jobs.send("GET", path, headers={"Prefer": prefer} if prefer else {})

    assert (response.status_code, response.headers["content-range"]) == (status, content_range)


def test_offset_behind_the_end_is_refused(jobs):
    response = jobs.send("GET", "jobs?offset=9", headers={"Prefer": "count=exact"})

    assert (response.status_code, response.json()["code"]) == (416, "PGRST103")


def test_head_counts_without_a_body(table):
    assert table.select("id", count="exact", head=True).eq("status", "done").execute().count == 2


def test_answer_never_has_more_than_a_thousand_rows(stage):
    found = stage.send("POST", "rpc/numbers", json={"n": 1500}).json()

    assert len(found) == 1000


def test_single_needs_exactly_one_row(table):
    assert table.select("id").eq("id", 3).single().execute().data == {"id": 3}
    with pytest.raises(APIError) as raised:
        table.select("id").single().execute()
    assert (raised.value.code, raised.value.details) == ("PGRST116", "The result contains 5 rows")


def test_maybe_single_takes_none(table):
    assert table.select("id").eq("id", 99).maybe_single().execute() is None


def test_insert_returns_the_row(table):
    [row] = table.insert({"name": "new", "payload": {"x": [1]}, "tags": ["a"]}).execute().data

    assert (row["id"], row["status"], row["payload"], row["tags"]) == (
        6,
        "queued",
        {"x": [1]},
        ["a"],
    )


def test_minimal_insert_has_no_body(jobs):
    response = jobs.send("POST", "jobs", json={"name": "new"})

    assert (response.status_code, response.content) == (201, b"")


def test_bulk_insert_fills_missing_columns_with_null(table):
    rows = [{"name": "x", "amount": 1}, {"name": "y", "tags": ["t"]}]

    inserted = table.insert(rows).execute().data

    assert [(r["name"], r["amount"], r["tags"]) for r in inserted] == [
        ("x", 1, None),
        ("y", None, ["t"]),
    ]


def test_numbers_are_inserted_exactly(jobs):
    body = b'{"name": "exact", "amount": 12345678901234567890.123456789012345678}'

    jobs.send("POST", "jobs", content=body)

    found = jobs.send("GET", "jobs?name=eq.exact&select=amount").text
    assert found == '[{"amount":12345678901234567890.123456789012345678}]'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "PGRST102"),
        (b"[1]", 400, "PGRST102"),
        (b"[" * 100_000, 400, "PGRST102"),
        (b'[{"name": "a"}, {"amount": 1}]', 400, "PGRST102"),
        (b'{"nam": "a"}', 400, "PGRST204"),
        (b'{"name": null}', 400, "23502"),
        (b'{"name": "a", "status": "odd"}', 400, "23514"),
        (b'{"name": "job 1"}', 409, "23505"),
        (b'{"name": "\\u0000"}', 400, "22P05"),
    ],
)
def test_row_that_does_not_fit_is_refused(jobs, body, status, code):
    response = jobs.send("POST", "jobs", content=body)

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_nothing_is_inserted_from_an_empty_list(jobs):
    response = jobs.send("POST", "jobs", json=[], headers={"Prefer": "return=representation"})

    assert (response.status_code, response.json()) == (201, [])


def test_empty_object_inserts_defaults(jobs):
    assert jobs.send("POST", "jobs", json={}).json()["code"] == "23502"


def test_upsert_merges_or_ignores(jobs):
    settings = jobs.client(jobs.keys.secret).table("settings")
    settings.upsert([{"key": "a", "value": "1"}, {"key": "b", "value": "1"}]).execute()

    settings.upsert({"key": "a", "value": "2"}).execute()
    settings.upsert({"key": "b", "value": "2"}, ignore_duplicates=True, on_conflict="key").execute()

    assert jobs.sql("select key, value from public.settings order by 1") == [("a", "2"), ("b", "1")]


def test_dangling_reference_conflicts(jobs):
    response = jobs.send("POST", "settings", json={"key": "a", "job": 99})

    assert (response.status_code, response.json()["code"]) == (409, "23503")


def test_update_changes_the_matching_rows(table, jobs):
    changed = table.update({"status": "done", "payload": None}).in_("id", [1, 3]).execute()

    assert sorted(ids(changed)) == [1, 3]
    assert jobs.sql("select count(*) from public.jobs where status = 'done'") == [(4,)]


def test_update_of_nothing_changes_nothing(jobs):
    response = jobs.send(
        "PATCH", "jobs?id=eq.1", json={}, headers={"Prefer": "return=representation"}
    )

    assert (response.status_code, response.json()) == (200, [])


def test_delete_returns_what_it_removed(table, jobs):
    assert ids(table.delete().eq("id", 2).execute()) == [2]
    assert jobs.send("DELETE", "jobs?id=eq.3").status_code == 204
    assert jobs.sql("select array_agg(id order by id) from public.jobs") == [([1, 4, 5],)]


def test_write_that_must_return_one_row_is_undone_otherwise(jobs):
    headers = {
        "Accept": "application/vnd.pgrst.object+json",
        "Prefer": "return=representation",
    }

    response = jobs.send("PATCH", "jobs", json={"status": "done"}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (406, "PGRST116")
    assert jobs.sql("select count(*) from public.jobs where status = 'done'") == [(2,)]


@pytest.mark.parametrize(
    "query",
    [
        {"select": 'id" from public.jobs; drop table public.settings; --'},
        {"select": "id::text) from public.jobs; drop table public.settings; --"},
        {"select": 'x") from (select 1)) _; drop table public.settings; --:id'},
        {"order": 'id"; drop table public.settings; --'},
        {"order": "id.desc; drop table public.settings"},
        {"id": "eq.1; drop table public.settings"},
        {"id": "eq.1' or '1'='1"},
        {'id" = 1 or true; --': "eq.1"},
        {"name": "in.('); drop table public.settings; --\")"},
        {"payload->>a' = '1' or '1": "eq.x"},
        {"is": "is.null; drop table public.settings"},
        {"limit": "1; drop table public.settings"},
        {"or": '(id.eq.99,name.eq."\\";drop table public.settings;--")'},
    ],
)
def test_injected_sql_stays_a_name_or_a_value(jobs, query):
    response = jobs.send("GET", "jobs", params=query)

    assert response.status_code == 400 or response.json() == []
    assert jobs.sql("select to_regclass('public.settings') is not null") == [(True,)]


def test_injected_names_in_a_body_are_unknown_columns(jobs):
    body = {'name") values (1); drop table public.settings; --': "x"}

    assert jobs.send("POST", "jobs", json=body).json()["code"] == "PGRST204"
    assert jobs.send("PATCH", "jobs?id=eq.1", json=body).json()["code"] == "PGRST204"
    columns = {"columns": '"name") values (1); drop table public.settings; --"'}
    assert jobs.send("POST", "jobs", json=[], params=columns).json()["code"] == "PGRST204"
    assert jobs.send("POST", "rpc/add", json=body).json()["code"] == "PGRST202"
