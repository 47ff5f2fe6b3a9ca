"""The Supabase project under test.

By default the development gateway over a database of its own. To hold the gateway's honesty, or a
project's installation, against real Supabase, set SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY,
SUPABASE_SECRET_KEY (to create users), SUPABASE_TOKEN_FAN_OUT … SUPABASE_TOKEN_SYNC (a token for
each role) and DATABASE_URL (its `postgres`, which seeds the rows) and run `pytest tests/contract`.
The project needs CampaignPro's tables (or devstack/sql/campaignpro.sql) and all of
supabase/migrations. What the tests add to it stays there: use a project of its own.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from devstack.background import in_background
from devstack.gateway import DevKeys, serve_gateway
from devstack.ports import free_port
from shared.adapters.postgrest import Postgrest
from shared.adapters.store import JobStore, QueueStore
from shared.adapters.template_store import TemplateStore
from shared.config import SupabaseSettings
from supabase import Client, ClientOptions, create_client
from tests.campaign import Campaign
from tests.machines import MAY_RUN, role_for

KEYS = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")
TOKENS = {role: f"SUPABASE_TOKEN{role.removeprefix('wa').upper()}" for role in MAY_RUN}
DATABASE = "contract_tests"


@dataclass(frozen=True, kw_only=True)
class Project:
    """Where the project is, and a superuser's way into its database."""

    settings: SupabaseSettings
    secret_key: str
    tokens: Mapping[str, str]
    dsn: str
    http: httpx.Client

    def client(self, key: str) -> Client:
        """Return the `supabase` client as an application makes it."""
        options = ClientOptions(
            httpx_client=self.http, auto_refresh_token=False, persist_session=False
        )
        return create_client(self.settings.url, key, options)

    def run(self, statement: str) -> None:
        """Run SQL as the superuser and let PostgREST notice."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)
            connection.execute("notify pgrst, 'reload schema'")


@dataclass(frozen=True, kw_only=True)
class Promoter:
    """Somebody who signed in with their password, and the campaign they belong to."""

    email: str
    password: str
    id: UUID
    client: Client
    token: str
    campaign: Campaign


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest) -> Iterator[Project]:
    with httpx.Client(http2=False, timeout=20) as http:
        if all(name in os.environ for name in (*KEYS, *TOKENS.values())):
            url, publishable, secret = (os.environ[name] for name in KEYS)
            yield Project(
                settings=_settings(url, publishable),
                secret_key=secret,
                tokens={role: os.environ[name] for role, name in TOKENS.items()},
                dsn=os.environ["DATABASE_URL"],
                http=http,
            )
        else:
            with _gateway(request) as (keys, dsn):
                now = datetime.now(UTC)
                yield Project(
                    settings=_settings(keys.url, keys.publishable),
                    secret_key=keys.secret,
                    tokens={role: keys.mint_role_token(role, now=now) for role in MAY_RUN},
                    dsn=dsn,
                    http=http,
                )


@contextmanager
def _gateway(request: pytest.FixtureRequest) -> Iterator[tuple[DevKeys, str]]:
    postgres = request.getfixturevalue("postgres")
    postgres.create_database(DATABASE, template=request.getfixturevalue("template_database"))
    port = free_port()
    keys = DevKeys.generate(f"http://127.0.0.1:{port}")
    with in_background(serve_gateway(postgres.dsn(DATABASE, "authenticator"), keys, port)):
        yield keys, postgres.dsn(DATABASE)
    postgres.drop_database(DATABASE)


class EachMachine(Postgrest):
    """Calls each function as a machine that may run it; any other one as the sweep."""

    def __init__(self, project: Project) -> None:
        super().__init__(project.settings)
        self._machines = {
            role: Postgrest(replace(project.settings, token=token))
            for role, token in project.tokens.items()
        }

    def call(self, function: str, arguments: dict[str, Any], **options: Any) -> Any:
        role = role_for(function)
        machine = self._machines.get(role, self._machines["wa_sweep"])
        return machine.call(function, arguments, **options)

    def close(self) -> None:
        for postgrest in (self, *self._machines.values()):
            postgrest._http().close()


@pytest.fixture(scope="session")
def postgrest(project: Project) -> Iterator[Postgrest]:
    postgrest = EachMachine(project)
    yield postgrest
    postgrest.close()


@pytest.fixture
def templates(postgrest: Postgrest) -> TemplateStore:
    return TemplateStore(postgrest)


@pytest.fixture
def jobs(postgrest: Postgrest) -> JobStore:
    return JobStore(postgrest)


@pytest.fixture
def queue(postgrest: Postgrest) -> QueueStore:
    return QueueStore(postgrest)


@pytest.fixture
def promoter(project: Project) -> Promoter:
    return _sign_up(project)


@pytest.fixture
def stranger(project: Project) -> Promoter:
    return _sign_up(project)


def _sign_up(project: Project) -> Promoter:
    email, password = f"{uuid4()}@example.org", str(uuid4())
    admin = project.client(project.secret_key)
    user = admin.auth.admin.create_user(
        {"email": email, "password": password, "email_confirm": True}
    ).user
    client = project.client(project.settings.publishable_key)
    session = client.auth.sign_in_with_password({"email": email, "password": password}).session
    campaign = Campaign.create(project.dsn).with_voters(3)
    campaign.rows(
        "insert into public.campaign_members (campaign_id, user_id) values (%s, %s)",
        campaign.id,
        UUID(user.id),
    )
    return Promoter(
        email=email,
        password=password,
        id=UUID(user.id),
        client=client,
        token=session.access_token,
        campaign=campaign,
    )


def _settings(url: str, publishable: str) -> SupabaseSettings:
    return SupabaseSettings(
        url=url.rstrip("/"), publishable_key=publishable, token="", timeout_seconds=20
    )
