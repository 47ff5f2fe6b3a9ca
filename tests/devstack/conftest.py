"""A gateway over a scratch schema, and clients of several users."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from devstack.background import in_background
from devstack.gateway import DevKeys, serve_gateway
from devstack.ports import free_port
from devstack.postgres import Postgres, apply_sql
from supabase import Client, ClientOptions, create_client

HERE = Path(__file__).parent
SUPABASE = HERE.parents[1] / "devstack/sql/supabase.sql"

ANA = UUID("00000000-0000-4000-8000-00000000000a")
BETO = UUID("00000000-0000-4000-8000-00000000000b")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A running gateway, its keys, and an HTTP client that adds nothing by itself."""

    keys: DevKeys
    admin_dsn: str
    http: httpx.Client

    def token(self, user: UUID, **extra) -> str:
        return self.keys.mint_user_token(user, now=datetime.now(UTC), **extra)

    def send(self, method: str, path: str, *, bearer: str | None = None, **options):
        """One request as supabase-py sends it: as service_role, or as the bearer."""
        headers = {"apikey": self.keys.secret} | options.pop("headers", {})
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return self.http.request(method, f"/rest/v1/{path}", headers=headers, **options)

    def client(self, key: str, token: str | None = None) -> Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options = ClientOptions(
            httpx_client=self.http,
            headers=headers,
            auto_refresh_token=False,
            persist_session=False,
        )
        return create_client(self.keys.url, key, options)

    def sql(self, statement: str, *values):
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def stage(postgres: Postgres) -> Iterator[Stage]:
    postgres.create_database("gateway_tests")
    dsn = postgres.dsn("gateway_tests")
    apply_sql(dsn, SUPABASE, HERE / "scratch.sql")
    port = free_port()
    keys = DevKeys.generate(f"http://127.0.0.1:{port}")
    login = postgres.dsn("gateway_tests", "authenticator")
    with (
        in_background(serve_gateway(login, keys, port)),
        httpx.Client(base_url=keys.url, timeout=20, http2=False) as http,
    ):
        yield Stage(keys=keys, admin_dsn=dsn, http=http)
    postgres.drop_database("gateway_tests")


@pytest.fixture
def jobs(stage: Stage) -> Stage:
    """Five jobs, three of Ana's and two of Beto's, ids 1 to 5."""
    stage.sql("truncate public.jobs, public.settings restart identity")
    stage.sql(
        """insert into public.jobs (owner, name, status, payload, tags, amount, created_at)
           select case when n <= 3 then %s::uuid else %s::uuid end, 'job ' || n,
                  case when n %% 2 = 0 then 'done' else 'queued' end,
                  jsonb_build_object('a', n, 'deep', jsonb_build_object('k', 'v' || n)),
                  array['t' || n, 'all'], n * 9007199254740993.01,
                  timestamptz '2027-03-01 11:42:28+00' + n * interval '1 day'
             from generate_series(1, 5) n""",
        ANA,
        BETO,
    )
    return stage


@pytest.fixture
def ana(stage: Stage) -> str:
    return stage.token(ANA)
