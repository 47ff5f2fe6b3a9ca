"""Databases for tests: each test finds one as migrated and empty, most of them a used one."""

import itertools

import psycopg

from devstack.postgres import Postgres
from tests.campaign import close_connections, drop_temporary_tables, keep_connections

# Whatever changes a definition changes the newest row version, or the number of rows, of one of
# these catalogues; temporary tables are dropped apart.
DEFINITIONS = """
    select jsonb_agg(jsonb_build_array(n, newest)) from (
      select count(*) as n, max(xmin::text::bigint) as newest from pg_class
      where relpersistence <> 't'
      union all select count(*), max(xmin::text::bigint) from pg_proc
      union all select count(*), max(xmin::text::bigint) from pg_policy
      union all select count(*), max(xmin::text::bigint) from pg_trigger
      union all select count(*), max(xmin::text::bigint) from pg_constraint) catalogue
"""
TABLES = """
    select string_agg(format('delete from %s', c.oid::regclass), ';') from pg_class c
    where c.relkind = 'r'
      and c.relnamespace in ('public'::regnamespace, 'wa'::regnamespace, 'auth'::regnamespace)
"""
# Not triggers, which forbid to delete from the log, and not foreign keys, which want an order.
EMPTY = "set lock_timeout = '2s'; set session_replication_role = replica; {}"


class Databases:
    """Databases of one server, each lent to one test at a time.

    To empty a database takes a millisecond; to make one takes forty, and the first test in it a
    tenth of a second more, until every connection knows the catalogue.
    """

    def __init__(self, server: Postgres, template: str) -> None:
        """`template`: the name of the database that all are copied from."""
        self._server = server
        self._template = template
        self._names = (f"bridge_{n}" for n in itertools.count(1))
        self._free: list[str] = []
        self._definitions = ""

    def take(self) -> str:
        """Return the name of a database that is empty."""
        if self._free:
            return self._free.pop()
        name = next(self._names)
        self._server.create_database(name, template=self._template)
        with psycopg.connect(self._server.dsn(name)) as connection:
            self._definitions = str(connection.execute(DEFINITIONS).fetchone())
        keep_connections(self._server.dsn(name))
        return name

    def give_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it if it cannot be as it was."""
        try:
            self._empty(name)
        except (psycopg.Error, ChangedDefinitionsError):
            close_connections(self._server.dsn(name))
            self._server.drop_database(name)
        else:
            self._free.append(name)

    def _empty(self, name: str) -> None:
        drop_temporary_tables(self._server.dsn(name))
        with psycopg.connect(self._server.dsn(name)) as connection:
            if str(connection.execute(DEFINITIONS).fetchone()) != self._definitions:
                raise ChangedDefinitionsError
            [statements] = connection.execute(TABLES).fetchone() or [""]
            connection.execute(EMPTY.format(statements).encode())


class ChangedDefinitionsError(Exception):
    """A test has changed more than rows."""
