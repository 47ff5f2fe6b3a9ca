"""The gateway while its database is away, crashes or is busy."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from devstack.background import in_background
from devstack.gateway import DevKeys, serve_gateway
from devstack.ports import free_port
from devstack.postgres import Postgres, apply_sql

SQL = Path(__file__).parents[2] / "devstack/sql/supabase.sql"
SCRATCH = Path(__file__).parent / "scratch.sql"


@pytest.fixture(scope="module")
def server():
    """A server of its own: these tests stop it."""
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with Postgres(environ=own) as started:
        apply_sql(started.dsn(), SQL, SCRATCH)
        yield started


@pytest.fixture
def call(server):
    """Call a function through a fresh gateway."""
    port = free_port()
    keys = DevKeys.generate(f"http://127.0.0.1:{port}")
    dsn = server.dsn(user="authenticator")
    with (
        in_background(serve_gateway(dsn, keys, port, pool_size=4)),
        httpx.Client(base_url=keys.url, headers={"apikey": keys.secret}, timeout=30) as http,
    ):
        yield lambda name, **arguments: http.post(f"/rest/v1/rpc/{name}", json=arguments)


def recovers(call):
    deadline = time.monotonic() + 20
    while call("add", a=1).status_code != 200:
        assert time.monotonic() < deadline, "the gateway did not recover"
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("kill", [False, True])
def test_stopped_database_is_unavailable_until_it_returns(server, call, kill):
    assert call("add", a=1).status_code == 200
    server.halt(kill=kill)

    answers = [call("add", a=1) for _ in range(3)]

    assert {(a.status_code, a.json()["code"][:2]) for a in answers} == {(503, "PG")}
    server.restart()
    assert recovers(call)


def test_gateway_starts_before_its_database(server):
    server.halt()
    port = free_port()
    keys = DevKeys.generate(f"http://127.0.0.1:{port}")
    with (
        in_background(serve_gateway(server.dsn(user="authenticator"), keys, port)),
        httpx.Client(base_url=keys.url, headers={"apikey": keys.secret}) as http,
    ):
        assert http.post("/rest/v1/rpc/add", json={"a": 1}).status_code == 503
        body = {"email": "a@example.com", "password": "x"}
        assert http.post("/auth/v1/token?grant_type=password", json=body).status_code == 503
        server.restart()
        assert recovers(lambda name, **a: http.post(f"/rest/v1/rpc/{name}", json=a))


@pytest.mark.parametrize("kill", [False, True])
def test_restart_under_load_gives_answers_or_503(server, call, kill):
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(call, "whoami_slowly") for _ in range(400)]
        server.restart(kill=kill)
        statuses = {future.result().status_code for future in running}

    assert 200 in statuses
    assert statuses <= {200, 503}
    assert recovers(call)


def test_cut_connection_is_replaced(call):
    assert call("cut_my_connection").status_code == 503
    assert recovers(call)


def test_requests_wait_for_a_free_connection(call):
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: call("whoami_slowly"), range(60)))

    assert {answer.status_code for answer in answers} == {200}
