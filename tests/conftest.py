"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.postgres import Postgres, apply_sql
from devstack.tap import load_tap
from tests.databases import Databases
from tests.sharing import Shares, place_of

ROOT = Path(__file__).parents[1]
USUAL_CASES = 20  # requests of each kind that the contract allows, or does not
PLATFORM = (ROOT / "devstack/sql/supabase.sql", ROOT / "devstack/sql/campaignpro.sql")


def pytest_addoption(parser):
    said = "how many requests of each kind to make of each operation of openapi.yaml"
    parser.addoption("--cases", type=int, default=USUAL_CASES, help=said)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Shares(config, log)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place_of(item.nodeid))


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


@pytest.fixture(scope="session")
def databases(postgres: Postgres, template_database: str) -> Databases:
    """Databases to lend."""
    return Databases(postgres, template_database)


@pytest.fixture
def database(postgres: Postgres, databases: Databases) -> Iterator[str]:
    """The DSN of a migrated, empty database of this test's own (superuser `postgres`)."""
    name = databases.take()
    yield postgres.dsn(name)
    databases.give_back(name)
