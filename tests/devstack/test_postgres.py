"""The embedded server: starts anywhere, survives restarts, leaves nothing behind."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from devstack.ports import free_port
from devstack.postgres import Postgres, apply_sql
from devstack.postgres_binaries import PostgresError

SUPABASE = Path(__file__).parents[2] / "devstack/sql/supabase.sql"
OTHER_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
OWN = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def answers(dsn):
    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=2).close()
        return True
    return False


def eventually(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def shared_folder():
    """A folder that the server's account can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="campaignpro-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_server_is_set_up_for_development(postgres):
    with psycopg.connect(postgres.dsn()) as connection:
        shown = {
            name: connection.execute("select current_setting(%s)", [name]).fetchone()[0]
            for name in ("timezone", "server_encoding", "max_connections")
        }

    assert shown["timezone"] == "UTC"
    assert shown["server_encoding"] == "UTF8"
    assert int(shown["max_connections"]) >= 100


def test_database_is_copied_and_dropped(postgres):
    postgres.create_database("original")
    with psycopg.connect(postgres.dsn("original")) as connection:
        connection.execute("create table kept as select 1 as id")

    postgres.create_database("a copy; --", template="original")

    with contextlib.closing(psycopg.connect(postgres.dsn("a copy; --"))) as connection:
        assert connection.execute("select id from kept").fetchall() == [(1,)]
        postgres.drop_database("a copy; --")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    postgres.drop_database("original")
    assert not answers(postgres.dsn("original"))


def test_supabase_script_can_be_repeated(postgres):
    for name in ("first", "second"):
        postgres.create_database(name)
        apply_sql(postgres.dsn(name), SUPABASE, SUPABASE)
    with psycopg.connect(postgres.dsn("second", "authenticator")) as connection:
        connection.execute("set role authenticated")
        claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}'
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        row = connection.execute("select auth.uid()::text, auth.role(), auth.jwt()").fetchone()
    for name in ("first", "second"):
        postgres.drop_database(name)

    assert row[:2] == ("00000000-0000-4000-8000-00000000000a", "authenticated")
    assert row[2]["role"] == "authenticated"


def test_supabase_script_runs_in_several_databases_at_once():
    names = [f"d{number}" for number in range(4)]
    with Postgres(environ=OWN) as server, ThreadPoolExecutor(len(names)) as pool:
        for name in names:
            server.create_database(name)
        for running in [pool.submit(apply_sql, server.dsn(name), SUPABASE) for name in names]:
            running.result()
        with psycopg.connect(server.dsn()) as connection:
            granted = connection.execute("select pg_has_role('authenticator', 'anon', 'member')")
            assert granted.fetchone() == (True,)


def test_new_objects_are_open_until_revoked(postgres):
    postgres.create_database("privileges")
    apply_sql(postgres.dsn("privileges"), SUPABASE)
    with psycopg.connect(postgres.dsn("privileges")) as connection:
        connection.execute("create table public.forgotten (id int)")
        granted = connection.execute(
            "select has_table_privilege('anon', 'public.forgotten', 'select'), "
            "has_table_privilege('anon', 'auth.users', 'select')"
        ).fetchone()
    postgres.drop_database("privileges")

    assert granted == (True, False)


@pytest.mark.parametrize("kill", [False, True])
def test_committed_data_survive_a_restart(kill):
    with Postgres(environ=OWN) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create table kept as select 1 as id")
            server.restart(kill=kill)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select id from kept").fetchall() == [(1,)]


def test_outage_ends_with_a_restart():
    with Postgres(environ=OWN) as server:
        server.halt()
        assert not answers(server.dsn())
        server.restart()
        assert answers(server.dsn())


def test_given_home_keeps_its_data(shared_folder):
    with (
        Postgres(shared_folder / "pg", environ=OWN) as server,
        psycopg.connect(server.dsn()) as connection,
    ):
        connection.execute("create table kept as select 1 as id")
    with (
        Postgres(shared_folder / "pg", environ=OWN) as server,
        psycopg.connect(server.dsn()) as connection,
    ):
        assert connection.execute("select id from kept").fetchall() == [(1,)]


def test_second_server_on_the_same_home_is_refused(shared_folder):
    with (
        Postgres(shared_folder / "pg", environ=OWN) as first,
        pytest.raises(PostgresError, match="already exists"),
    ):
        Postgres(shared_folder / "pg", environ=OWN).__enter__()
    assert not answers(first.dsn())


def test_taken_port_is_reported_with_the_log(postgres):
    port = psycopg.conninfo.conninfo_to_dict(postgres.dsn())["port"]

    with pytest.raises(PostgresError, match="already in use"):
        Postgres(port=int(port), environ=OWN).__enter__()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_server_ends_with_the_process_that_started_it(end, tmp_path):
    script = (
        "import sys, time\nfrom devstack.postgres import Postgres\n"
        "with Postgres() as server:\n"
        "    print(server.dsn(), server.home, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=OWN,
    ) as process:
        dsn, home = process.stdout.readline().split()
        assert answers(dsn)
        process.send_signal(end)
        process.wait(30)

    eventually(lambda: not answers(dsn) and not Path(home).exists())


def test_interrupted_initdb_is_repeated(shared_folder):
    unfinished = shared_folder / "pg" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")

    with Postgres(shared_folder / "pg", environ=OWN) as server:
        assert answers(server.dsn())


def test_stale_lock_of_a_dead_server_is_reclaimed(shared_folder):
    with Postgres(shared_folder / "pg", environ=OWN) as server:
        lock = (shared_folder / "pg/data/postmaster.pid").read_text()
    ended = subprocess.Popen(["true"])
    ended.wait()
    stale = shared_folder / "pg/data/postmaster.pid"
    stale.write_text(lock.replace(lock.split("\n")[0], str(ended.pid), 1))

    with Postgres(shared_folder / "pg", environ=OWN) as server:
        assert answers(server.dsn())


@pytest.mark.skipif(not OTHER_POSTGRES, reason="no other Postgres is installed here")
def test_other_programs_are_used():
    folder = OTHER_POSTGRES[0].parent
    with (
        Postgres(environ={"PG_BIN": str(folder)}) as server,
        psycopg.connect(server.dsn()) as connection,
    ):
        assert str(connection.info.server_version // 10000) == folder.parent.name


def test_wrong_programs_are_reported(tmp_path):
    with pytest.raises(PostgresError, match="PG_BIN"):
        Postgres(environ={"PG_BIN": str(tmp_path)}).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down")
def test_home_the_server_cannot_reach_is_reported(tmp_path):
    tmp_path.chmod(0o700)

    with pytest.raises(PostgresError, match="cannot write"):
        Postgres(tmp_path / "pg", environ=OWN).__enter__()


@pytest.mark.parametrize(
    ("given", "database", "user", "expected"),
    [
        ("postgresql://root:s%40cret@db:5433/x", "app", "postgres", "root:s%40cret@db:5433/app"),
        ("postgresql://root:p@db/x", "app", "authenticator", "authenticator:p@db/app"),
        ("postgresql://db/x?sslmode=require", "a b", "u", "u@db/a%20b?sslmode=require"),
        ("postgresql://db/x", "app", "postgres", "postgres@db/app"),
    ],
)
def test_external_server_is_addressed_by_its_url(given, database, user, expected):
    server = Postgres(environ={"DATABASE_URL": given})

    assert server.dsn(database, user) == f"postgresql://{expected}"


def test_external_server_is_used_and_left_alone(postgres):
    with Postgres(environ={"DATABASE_URL": postgres.dsn()}) as server:
        server.create_database("through_url")
        server.drop_database("through_url")
        with pytest.raises(PostgresError, match="DATABASE_URL"):
            server.restart()

    assert answers(postgres.dsn())


def test_free_ports_are_distinct_and_below_the_ephemeral_range():
    ports = [free_port() for _ in range(50)]

    assert len(set(ports)) == 50
    assert all(1024 < port < 32768 for port in ports)
