"""supabase/schemas says what the database is; supabase/migrations gives the same one."""

import psycopg
import pytest

from devstack.postgres import apply_sql
from devstack.schema import MIGRATION, migration, schema_files
from tests.conftest import PLATFORM

CATALOGUE = {
    "functions": """
        select pg_get_functiondef(p.oid), obj_description(p.oid), p.proacl::text[]
        from pg_proc p where p.pronamespace in ('public'::regnamespace, 'wa'::regnamespace)""",
    "columns": """
        select a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
          a.attnotnull, a.attgenerated, a.attidentity, pg_get_expr(d.adbin, d.adrelid),
          col_description(a.attrelid, a.attnum), a.attacl::text[]
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relnamespace in ('public'::regnamespace, 'wa'::regnamespace) and a.attnum > 0""",
    "tables": """
        select c.oid::regclass::text, c.relkind, c.relrowsecurity, c.reloptions::text[],
          obj_description(c.oid), c.relacl::text[]
        from pg_class c where c.relnamespace in ('public'::regnamespace, 'wa'::regnamespace)""",
    "constraints": """
        select c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
        from pg_constraint c where c.conrelid > 0""",
    "indexes": "select indexdef from pg_indexes where schemaname in ('public', 'wa')",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
    "policies": "select tablename, policyname, roles, cmd, qual, with_check from pg_policies",
    "schemas": "select nspname, nspacl::text[] from pg_namespace where nspname in ('public', 'wa')",
}


@pytest.fixture(scope="module")
def from_schemas(postgres):
    """A database that is made of the declarative files, by hand and in their order."""
    name = "bridge_from_schemas"
    postgres.create_database(name)
    together = "\n".join(path.read_text() for path in schema_files())
    apply_sql(postgres.dsn(name), *PLATFORM)
    with psycopg.connect(postgres.dsn(name)) as db:
        db.execute("set check_function_bodies = off")
        db.execute(together.encode())
    yield postgres.dsn(name)
    postgres.drop_database(name)


@pytest.mark.parametrize("query", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_schemas_and_migrations_give_the_same_database(from_schemas, database, query):
    in_any_order = f"select x::text from ({query}) x order by 1"
    with psycopg.connect(from_schemas) as declared, psycopg.connect(database) as migrated:
        assert declared.execute(in_any_order).fetchall() == (
            migrated.execute(in_any_order).fetchall()
        )


def test_migration_is_made_of_the_schemas_as_they_are():
    """Until the first release; from then on it stays, and the test above compares."""
    assert MIGRATION.read_text() == migration(), "run `make migration`"


def test_every_file_of_the_schema_is_named_in_its_order():
    files = schema_files()
    assert sorted(files) == sorted(MIGRATION.parents[1].glob("schemas/**/*.sql"))
    assert len(files) == len(set(files))
