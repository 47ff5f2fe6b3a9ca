"""`/rest/v1/<table>`: what supabase-py and supabase-js send to read a table."""

import pytest


@pytest.fixture
def table(jobs):
    """The jobs as service_role sees them, through supabase-py."""
    return jobs.client(jobs.keys.secret).table("jobs")


def ids(query):
    return [row["id"] for row in query.execute().data]


def test_rows_are_chosen_ordered_and_cut(table):
    assert ids(table.select("id").eq("name", "job 2")) == [2]
    assert ids(table.select("id").in_("name", ["job 1", "job 4", "a,b"]).order("id")) == [1, 4]
    assert ids(table.select("id").in_("id", [])) == []
    assert ids(table.select("id").eq("status", "done").in_("id", [1, 2])) == [2]
    assert ids(table.select("id").order("status").order("id", desc=True)) == [4, 2, 5, 3, 1]
    assert ids(table.select("id").order("amount", nullsfirst=True).limit(2)) == [1, 2]
    assert ids(table.select("id").order("id").range(1, 2)) == [2, 3]
    assert ids(table.select("id").order("id").offset(3)) == [4, 5]


def test_types_survive_as_postgres_writes_them(jobs):
    text = jobs.send("GET", "jobs?id=eq.1&select=id,amount,created_at,tags,payload").text

    assert '"amount":9007199254740993.01' in text
    assert '"created_at":"2027-03-02T11:42:28+00:00"' in text
    assert '"tags":["t1","all"]' in text
    assert set(jobs.send("GET", "jobs?id=eq.1").json()[0]) > {"owner", "name", "status"}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("jobs?id=1", 400, "PGRST100"),
        ("jobs?id=gt.1", 400, "PGRST100"),
        ("jobs?id=in.1", 400, "PGRST100"),
        ("jobs?or=(id.eq.1)", 400, "PGRST100"),
        ("jobs?limit=-1", 400, "PGRST100"),
        ("jobs?payload->a=eq.1", 400, "PGRST100"),
        ("jobs?select=id,owner(name)", 400, "PGRST100"),
        ("jobs?select=missing", 400, "42703"),
        ("jobs?missing=eq.1", 400, "42703"),
        ("jobs?id=eq.x", 400, "22P02"),
        ("jobs?name=eq.%00", 400, "22021"),
        ("missing", 404, "42P01"),
        ("hidden", 403, "42501"),
    ],
)
def test_request_that_means_nothing_is_refused(jobs, query, status, code):
    response = jobs.send("GET", query)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "HEAD"])
def test_table_is_read_only(jobs, method):
    assert jobs.send(method, "jobs").status_code == 405
    assert jobs.sql("select count(*) from public.jobs") == [(5,)]


@pytest.mark.parametrize(
    "headers", [{"Accept": "application/vnd.pgrst.object+json"}, {"Prefer": "count=exact"}]
)
def test_what_is_not_served_is_refused_and_not_ignored(jobs, headers):
    assert jobs.send("GET", "jobs", headers=headers).status_code == 501


@pytest.mark.parametrize(
    "query",
    [
        {"select": 'id" from public.jobs; drop table public.settings; --'},
        {"order": 'id"; drop table public.settings; --'},
        {"order": "id.desc; drop table public.settings"},
        {"id": "eq.1; drop table public.settings"},
        {"name": "eq.1' or '1'='1"},
        {"name": "eq.\\' or 1=1 --"},
        {'id" = 1 or true; --': "eq.1"},
        {"name": "in.('); drop table public.settings; --\")"},
        {"limit": "1; drop table public.settings"},
    ],
)
def test_injected_sql_stays_a_name_or_a_value(jobs, query):
    response = jobs.send("GET", "jobs", params=query)

    assert response.status_code == 400 or response.json() == []
    assert jobs.sql("select to_regclass('public.settings') is not null") == [(True,)]
