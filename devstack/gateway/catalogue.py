"""What the exposed schema holds: PostgREST's "schema cache"."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg

EXPOSED = "public"


class Shape(StrEnum):
    """How a function's result becomes JSON."""

    VOID = "void"
    SCALAR = "scalar"
    SCALARS = "scalars"
    ROW = "row"
    ROWS = "rows"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table or view: its columns with their types, and its primary key."""

    name: str
    columns: Mapping[str, str]
    primary_key: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Function:
    """One overload: its input arguments with their types, and what it returns."""

    name: str
    arguments: Mapping[str, str]
    required: frozenset[str]
    volatile: bool
    shape: Shape
    columns: Mapping[str, str]
    statement_timeout: str | None


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Tables and functions by name, and the settings each role brings along."""

    tables: Mapping[str, Table]
    functions: Mapping[str, tuple[Function, ...]]
    role_settings: Mapping[str, Mapping[str, str]]


_TABLES = """
select c.relname as name,
  (select json_object_agg(a.attname, format_type(a.atttypid, null) order by a.attnum)
     from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text as columns,
  (select json_agg(a.attname order by array_position(i.indkey::int2[], a.attnum))
     from pg_index i
     join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::int2[])
    where i.indrelid = c.oid and i.indisprimary)::text as primary_key
from pg_class c
where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'v', 'm', 'f', 'p')
"""

_FUNCTIONS = """
select p.proname as name, p.provolatile = 'v' as volatile, p.proretset as many,
  t.typname = 'void' as void, p.pronargdefaults as defaults,
  t.typtype = 'c' or coalesce(p.proargmodes && '{t,b,o}'::"char"[], false) as composite,
  (select json_agg(json_build_array(a.name, format_type(a.type, null), coalesce(a.mode, 'i'))
                   order by a.place)
     from unnest(p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes)
       with ordinality as a(name, type, mode, place))::text as arguments,
  (select json_object_agg(a.attname, format_type(a.atttypid, null))
     from pg_attribute a
    where a.attrelid = t.typrelid and t.typrelid <> 0 and a.attnum > 0
      and not a.attisdropped)::text as columns,
  (select split_part(s, '=', 2) from unnest(p.proconfig) s
    where s like 'statement_timeout=%') as statement_timeout
from pg_proc p
join pg_type t on t.oid = p.prorettype
where p.pronamespace = $1::text::regnamespace and p.prokind = 'f' and p.provariadic = 0
"""

_ROLE_SETTINGS = """
select r.rolname as role,
  json_object_agg(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1))::text as settings
from pg_db_role_setting d
join pg_roles r on r.oid = d.setrole
cross join unnest(d.setconfig) s
join pg_settings g on g.name = split_part(s, '=', 1) and g.context = 'user'
where d.setdatabase = 0 and pg_has_role(current_user, r.oid, 'member')
group by r.rolname
"""


async def load_catalogue(connection: asyncpg.Connection) -> Catalogue:
    """Read the exposed schema of the connected database."""
    async with connection.transaction(readonly=True):
        # With nothing in the path, every type is written with its schema.
        await connection.execute("set local search_path = ''")
        tables = [_table(row) for row in await connection.fetch(_TABLES, EXPOSED)]
        overloads = [_function(row) for row in await connection.fetch(_FUNCTIONS, EXPOSED)]
        settings = await connection.fetch(_ROLE_SETTINGS)
    functions: dict[str, tuple[Function, ...]] = {}
    for overload in overloads:
        functions[overload.name] = (*functions.get(overload.name, ()), overload)
    return Catalogue(
        tables={table.name: table for table in tables},
        functions=functions,
        role_settings={row["role"]: json.loads(row["settings"]) for row in settings},
    )


def _table(row: Mapping[str, Any]) -> Table:
    return Table(
        name=row["name"],
        columns=json.loads(row["columns"] or "{}"),
        primary_key=tuple(json.loads(row["primary_key"] or "[]")),
    )


def _function(row: Mapping[str, Any]) -> Function:
    arguments: list[list[str]] = json.loads(row["arguments"] or "[]")
    inputs = [(name, kind) for name, kind, mode in arguments if mode in "ib"]
    outputs = {name: kind for name, kind, mode in arguments if mode in "tbo"}
    return Function(
        name=row["name"],
        arguments=dict(inputs),
        required=frozenset(name for name, _ in inputs[: len(inputs) - row["defaults"]]),
        volatile=row["volatile"],
        shape=_shape(row),
        columns=outputs or json.loads(row["columns"] or "{}"),
        statement_timeout=row["statement_timeout"],
    )


def _shape(row: Mapping[str, Any]) -> Shape:
    if row["void"]:
        return Shape.VOID
    if row["composite"]:
        return Shape.ROWS if row["many"] else Shape.ROW
    return Shape.SCALARS if row["many"] else Shape.SCALAR
