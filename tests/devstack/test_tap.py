"""The pgTAP runner, over a database with pgTAP loaded."""

import pytest

from devstack.postgres import apply_sql
from devstack.tap import TapError, load_pgtap, run_tap


@pytest.fixture(scope="module")
def tap_dsn(postgres):
    postgres.create_database("tap_tests")
    dsn = postgres.dsn("tap_tests")
    load_pgtap(dsn)
    yield dsn
    postgres.drop_database("tap_tests")


def run(tap_dsn, tmp_path, script):
    path = tmp_path / "some.sql"
    path.write_text(script)
    return run_tap(tap_dsn, path)


def test_every_test_becomes_a_line(tap_dsn, tmp_path):
    lines = run(
        tap_dsn,
        tmp_path,
        r"""\set ECHO none
        begin;
        select plan(4);
        create table public.scratch (id int);
        select has_table('public', 'scratch', 'there is a table');
        select is(1 + 1, 3, 'sums work');
        select throws_ok('select 1/0', '22012', null, 'nothing divides by zero');
        select ok(true);
        select * from finish();
        rollback;""",
    )

    assert [(line.ok, line.description) for line in lines] == [
        (True, "there is a table"),
        (False, "sums work"),
        (True, "nothing divides by zero"),
        (True, ""),
    ]
    assert "have: 2" in lines[1].diagnostics
    assert "want: 3" in lines[1].diagnostics


def test_roles_may_call_pgtap(tap_dsn, tmp_path):
    script = """
        begin;
        select plan(1);
        create role tap_reader;
        set local role tap_reader;
        select is(current_user::text, 'tap_reader', 'as another role');
        select * from finish();
        rollback;"""

    assert [line.ok for line in run(tap_dsn, tmp_path, script)] == [True]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("select plan(2); select ok(true);", "planned"),
        ("select ok(true);", "stopped early|planned"),
        ("select plan(1); select broken; select ok(true);", "stopped early"),
    ],
)
def test_incomplete_file_is_an_error(tap_dsn, tmp_path, script, reason):
    with pytest.raises(TapError, match=reason):
        run(tap_dsn, tmp_path, f"begin; {script} rollback;")


def test_file_without_rollback_leaves_nothing(tap_dsn, tmp_path):
    script = "begin; select plan(1); create table public.t (); select ok(true);"

    first = run(tap_dsn, tmp_path, script)

    assert run(tap_dsn, tmp_path, script) == first


def test_loading_twice_is_harmless(tap_dsn):
    load_pgtap(tap_dsn)


def test_failed_sql_file_is_named(tap_dsn, tmp_path):
    path = tmp_path / "broken.sql"
    path.write_text("select 1; select broken")

    with pytest.raises(Exception, match="broken") as raised:
        apply_sql(tap_dsn, path)

    assert raised.value.__notes__ == [f"while running {path}"]
