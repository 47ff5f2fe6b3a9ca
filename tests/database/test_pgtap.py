"""Every pgTAP file passes, each in a transaction of its own over one migrated database."""

from pathlib import Path

import pytest

from devstack.tap import run_tap

FILES = sorted((Path(__file__).parents[2] / "supabase/tests/database").glob("*.sql"))


@pytest.fixture(scope="module")
def tap_database(postgres, template_database):
    postgres.create_database("bridge_pgtap", template=template_database)
    yield postgres.dsn("bridge_pgtap")
    postgres.drop_database("bridge_pgtap")


@pytest.fixture(scope="module")
def prepared(tap_database):
    """The database with what the first file, the fixtures, commits."""
    assert all(line.ok for line in run_tap(tap_database, FILES[0]))
    return tap_database


@pytest.mark.parametrize("path", FILES[1:], ids=lambda path: path.stem)
def test_file_passes(prepared, path):
    failed = [line for line in run_tap(prepared, path) if not line.ok]
    assert not failed, "\n\n".join(f"{line.description}\n{line.diagnostics}" for line in failed)
