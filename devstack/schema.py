"""The declarative schema (supabase/schemas), and the migration that is made from it."""

import tomllib
from pathlib import Path
from typing import Final

SUPABASE: Final = Path(__file__).resolve().parents[1] / "supabase"
MIGRATION: Final = SUPABASE / "migrations/20261122000000_create_bridge.sql"
HEAD: Final = """\
-- Made of supabase/schemas by `make migration`: change those, not this. Until the first release it
-- is made anew; from then on `supabase db diff -f <what>` adds a migration for each change.

-- A function may name one that comes further down.
set check_function_bodies = off;
"""


def schema_files() -> list[Path]:
    """Return the schema's files in the order in which config.toml names them."""
    config = tomllib.loads((SUPABASE / "config.toml").read_text())
    patterns: list[str] = config["db"]["migrations"]["schema_paths"]
    return [path for pattern in patterns for path in sorted(SUPABASE.glob(pattern))]


def migration() -> str:
    """Return the migration that gives an empty project the whole schema."""
    parts = [
        f"\n-- {path.relative_to(SUPABASE / 'schemas')}\n\n{path.read_text()}"
        for path in schema_files()
    ]
    return HEAD + "".join(parts)


def write_migration() -> None:
    """Make the migration anew."""
    MIGRATION.write_text(migration())
