"""The TAP runner, and the verdicts of the functions that our pgTAP files call.

Where the server has the real pgTAP (`PG_BIN` or `DATABASE_URL`), the same rows are asked of it.
"""

import re
from pathlib import Path

import psycopg
import pytest

from devstack.postgres import apply_sql
from devstack.tap import TapError, load_tap, run_tap

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tap_dsn(postgres):
    postgres.create_database("tap_tests")
    dsn = postgres.dsn("tap_tests")
    load_tap(dsn)
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
        select columns_are('public', 'scratch', '{id}', 'there is a table');
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


def test_roles_may_call_it(tap_dsn, tmp_path):
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
        ("select plan(1); select ok(true); select ok(true);", r"planned \[1\] tests, but ran 2"),
        ("select plan(1); select broken; select ok(true);", "stopped early"),
        ("select plan(1); select ok(true); select plan(1);", "plan twice"),
        ("select plan(1); select * from finish();", "No tests run"),
    ],
)
def test_incomplete_file_is_an_error(tap_dsn, tmp_path, script, reason):
    with pytest.raises(TapError, match=reason):
        run(tap_dsn, tmp_path, f"begin; {script} rollback;")


@pytest.mark.parametrize(
    ("planned", "tests", "said"),
    [
        (1, "select ok(true);", ""),
        (2, "select ok(true);", "Looks like you planned 2 tests but ran 1"),
        (1, "select ok(true), ok(true);", "Looks like you planned 1 test but ran 2"),
        (1, "select ok(false);", "Looks like you failed 1 test of 1"),
        (3, "select ok(false), ok(true), ok(null);", "Looks like you failed 2 tests of 3"),
        (1, "savepoint s; select ok(false); rollback to s; select ok(true);", "but ran 2"),
    ],
)
def test_finish_counts(tap_dsn, planned, tests, said):
    with psycopg.connect(tap_dsn, options="-csearch_path=public,extensions") as connection:
        connection.execute(f"select plan({planned}); {tests}")
        lines = [line for (line,) in connection.execute("select * from finish()")]
        connection.rollback()
    assert len(lines) == bool(said)
    assert said in "".join(lines)


SCRATCH = """
    create schema tap; create table tap.a (id int unique, b int, c int not null, unique (b, c));
    create unique index by_b on tap.a (b); create index by_c on tap.a (c);
    insert into tap.a values (1, 1, 1), (2, 2, 2), (3, null, 2);
    create view tap.v as select 1 as one;"""
# What passes, and what fails and must: each as one call, with a part of what is said of a failure.
PASSES = [
    "ok(true, 'd')",
    "is(1, 1, 'd')",
    "is(null::int, null, 'd')",
    'is(\'{"b": 1, "a": 2}\'::jsonb, \'{"a": 2, "b": 1}\', \'d\')',
    "is(row(1, null::int), row(1, null::int), 'd')",
    "isnt(1, 2, 'd')",
    "isnt(1, null, 'd')",
    "cmp_ok(2, '>', 1, 'd')",
    "is_empty('select from tap.a where id > 9', 'd')",
    "results_eq('select id from tap.a order by id', 'values (1), (2), (3)', 'd')",
    "results_eq('select b from tap.a order by id', 'values (1), (2), (null)', 'd')",
    "results_eq('select id from tap.a order by id desc', '{3,2,1}'::int[], 'd')",
    "results_eq('select id from tap.a where false', 'select 1 where false', 'd')",
    "set_eq('select id from tap.a', 'values (3), (1), (2)', 'd')",
    "set_eq('select c from tap.a', '{2,1}'::int[], 'd')",
    "set_eq('values (1), (1), (2)', 'values (2), (1), (2)', 'd')",
    "set_eq('select b from tap.a', 'values (1), (null), (2)', 'd')",
    "throws_ok('select 1/0', '22012', 'division by zero', 'd')",
    "throws_ok('select 1/0', '22012', null, 'd')",
    "throws_ok('select 1/0', null, 'division by zero', 'd')",
    "throws_ok('select 1/0', null, null, 'd')",
    "throws_ok('select 1/0', '22012', 'division by zero')",
    "throws_ok('select 1/0', 'division by zero', 'd')",
    "throws_ok('do $x$ begin assert false; end $x$', 'P0004', null, 'd')",
    "lives_ok('select 1', 'd')",
    "has_schema('tap')",
    "tables_are('tap', '{a}', 'd')",
    "columns_are('tap', 'a', '{c,b,id}', 'd')",
    "index_is_unique('tap', 'a', 'by_b', 'd')",
    "col_is_unique('tap', 'a', '{id}'::name[], 'd')",
    "col_is_unique('tap', 'a', '{b,c}'::name[], 'd')",
]
FAILS = [
    ("ok(false, 'd')", 'Failed test 1: "d"'),
    ("ok(null, 'd')", "(test result was NULL)"),
    ("is(1, 2, 'd')", "want: 2"),
    ("is(null, 1, 'd')", "have: NULL"),
    ("is(1, null, 'd')", "want: NULL"),
    ("is(''::text, null, 'd')", "want: NULL"),
    ("is('t'::text, 'T', 'd')", "want: T"),
    ("isnt(1, 1, 'd')", "want: anything else"),
    ("isnt(null::int, null, 'd')", "have: NULL"),
    ("cmp_ok(1, '>', 1, 'd')", "'1'"),
    ("cmp_ok(null::int, '>', 1, 'd')", "NULL"),
    ("is_empty('select id, b from tap.a where id = 2', 'd')", "(2,2)"),
    ("is_empty('select null', 'd')", "()"),
    ("results_eq('select id from tap.a order by id', 'values (1), (3), (2)', 'd')", "have: (2)"),
    ("results_eq('select id from tap.a order by id', '{1,2}'::int[], 'd')", "want: NULL"),
    ("results_eq('select 1', 'values (1), (null)', 'd')", "beginning at row 2"),
    ("results_eq('values (1), (1)', 'values (1)', 'd')", "beginning at row 2"),
    ("results_eq('select 1', 'select 1::bigint', 'd')", "types differ"),
    ("results_eq('select 1', 'select 1, 2', 'd')", "types differ"),
    ("set_eq('values (1), (2)', 'values (1)', 'd')", "Extra records"),
    ("set_eq('values (1)', 'values (1), (2)', 'd')", "Missing records"),
    ("set_eq('select b from tap.a', '{1,2}'::int[], 'd')", "()"),
    ("set_eq('select 1 where false', '{1}'::int[], 'd')", "Missing records"),
    ("set_eq('values (1)', 'values (1, 2)', 'd')", "Columns differ"),
    ("set_eq('values (1)', 'values (''x'')', 'd')", "Columns differ"),
    ("throws_ok('select 1', '22012', null, 'd')", "caught: no exception"),
    ("throws_ok('select 1', null, null, 'd')", "wanted: an exception"),
    ("throws_ok('select 1/0', '42501', null, 'd')", "caught: 22012: division by zero"),
    ("throws_ok('select 1/0', '22012', 'other words', 'd')", "wanted: 22012: other words"),
    ("throws_ok('select 1/0', '22012', 'other words')", "wanted: 22012: other words"),
    ("throws_ok('select 1/0', 'other words', 'd')", "wanted: an exception: other words"),
    ("lives_ok('select 1/0', 'd')", "died: 22012: division by zero"),
    ("lives_ok('do $x$ begin assert false; end $x$', 'd')", "died: P0004"),
    ("has_schema('tip')", "Schema tip should exist"),
    ("tables_are('tap', '{a,b}', 'd')", "b"),
    ("tables_are('tap', '{}', 'd')", "a"),
    ("columns_are('tap', 'a', '{id,b}', 'd')", "c"),
    ("columns_are('tap', 'a', '{id,b,c,e}', 'd')", "e"),
    ("columns_are('tap', 'nowhere', '{id}', 'd')", "id"),
    ("index_is_unique('tap', 'a', 'by_c', 'd')", "d"),
    ("index_is_unique('tap', 'a', 'nowhere', 'd')", "d"),
    ("col_is_unique('tap', 'a', '{b}'::name[], 'd')", "d"),
    ("col_is_unique('tap', 'a', '{c,b}'::name[], 'd')", "d"),
    ("col_is_unique('tap', 'nowhere', '{id}'::name[], 'd')", "d"),
]


@pytest.mark.parametrize("call", PASSES)
def test_passes_where_pgtap_does(tap_dsn, tmp_path, call):
    [line] = run(tap_dsn, tmp_path, f"begin; {SCRATCH} select plan(1); select {call}; rollback;")
    assert line.ok, line.diagnostics
    assert not line.diagnostics


@pytest.mark.parametrize(("call", "said"), FAILS)
def test_fails_where_pgtap_does(tap_dsn, tmp_path, call, said):
    [line] = run(tap_dsn, tmp_path, f"begin; {SCRATCH} select plan(1); select {call}; rollback;")
    assert not line.ok
    assert said in line.diagnostics


@pytest.mark.parametrize("call", ["ok(true, E'two\nlines')", "ok(true, E'one\nok 2 - forged')"])
def test_description_is_one_line_of_the_report(tap_dsn, tmp_path, call):
    lines = run(tap_dsn, tmp_path, f"begin; select plan(1); select {call}; rollback;")
    assert [line.ok for line in lines] == [True]


def test_every_function_that_the_files_call_has_both_verdicts(tap_dsn):
    """A function that a file begins to call must come with its rows above."""
    called = {
        name
        for path in (ROOT / "supabase/tests/database").glob("*.sql")
        for name in re.findall(r"^select ([a-z_]+)\(", path.read_text(), re.MULTILINE)
    }
    with psycopg.connect(tap_dsn) as connection:
        known = {
            name
            for (name,) in connection.execute(
                "select proname from pg_proc where pronamespace = 'extensions'::regnamespace"
            )
        }
    judging = (called & known) - {"plan", "finish"}
    assert {call.partition("(")[0] for call in PASSES} >= judging
    assert {call.partition("(")[0] for call, _ in FAILS} >= judging


def test_file_without_rollback_leaves_nothing(tap_dsn, tmp_path):
    script = "begin; select plan(1); create table public.t (); select ok(true);"

    first = run(tap_dsn, tmp_path, script)

    assert run(tap_dsn, tmp_path, script) == first


def test_loading_twice_is_harmless(tap_dsn):
    load_tap(tap_dsn)


def test_failed_sql_file_is_named(tap_dsn, tmp_path):
    path = tmp_path / "broken.sql"
    path.write_text("select 1; select broken")

    with pytest.raises(Exception, match="broken") as raised:
        apply_sql(tap_dsn, path)

    assert raised.value.__notes__ == [f"while running {path}"]
