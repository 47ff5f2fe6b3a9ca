"""What every test may ask for."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.postgres import Postgres, apply_sql
from devstack.tap import load_tap
from tests.campaign import kept_connections

ROOT = Path(__file__).parents[1]
PLATFORM = (ROOT / "devstack/sql/supabase.sql", ROOT / "devstack/sql/campaignpro.sql")

_copies = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One real Postgres server for the whole run; tests make databases of their own in it."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> str:
    """The name of a database with every migration and pgTAP's functions, made to be copied."""
    name = "bridge_template"
    postgres.create_database(name)
    migrations = sorted((ROOT / "supabase/migrations").glob("*.sql"))
    apply_sql(postgres.dsn(name), *PLATFORM, *migrations)
    load_tap(postgres.dsn(name))
    return name


@pytest.fixture
def database(postgres: Postgres, template_database: str) -> Iterator[str]:
    """The DSN of a migrated, empty database of this test's own (superuser `postgres`)."""
    name = f"bridge_{next(_copies)}"
    postgres.create_database(name, template=template_database)
    with kept_connections(postgres.dsn(name)):
        yield postgres.dsn(name)
    postgres.drop_database(name)
