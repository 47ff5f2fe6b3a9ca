"""The functions of the exposed schema and the settings of the roles: PostgREST's "schema cache"."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from devstack.gateway.query import MAX_ROWS


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function: its input arguments with their types, and what it returns."""

    name: str
    arguments: Mapping[str, str]
    required: frozenset[str]
    volatile: bool
    void: bool
    rows: bool
    statement_timeout: str | None

    def statement(self, names: frozenset[str]) -> str:
        """Return the statement that calls it once with these members of the object in $1."""
        used = {name: kind for name, kind in self.arguments.items() if name in names}
        typed = ", ".join(f'"{name}" {kind}' for name, kind in used.items())
        passed = ", ".join(f'"{name}" := given."{name}"' for name in used)
        given = f"json_to_record($1::text::json) as given({typed}), " if used else ""
        call = f'public."{self.name}"({passed})'
        source = call if self.rows else f"(select {call} as value)"
        one = "coalesce(json_agg(answer.value) -> 0, 'null')"
        body = "coalesce(json_agg(answer), '[]')" if self.rows else one
        # $1 is there in any case, whether something is read from it or not.
        return (
            f"with answer as materialized (select answer.* from {given}lateral {source} answer"  # noqa: S608 - names of the catalogue
            f" where $1::text is not null limit {MAX_ROWS}) select ({body})::text from answer"
        )


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Functions by name, and the settings each role brings along."""

    functions: Mapping[str, Function]
    role_settings: Mapping[str, Mapping[str, str]]


# Overloads have nobody here, so that the last one of a name is the only one.
_FUNCTIONS = """
select p.proname as name, p.provolatile = 'v' as volatile, p.pronargdefaults as defaults,
  p.prorettype = 'void'::regtype as void, p.proretset as rows,
  (select json_agg(json_build_array(a.name, format_type(a.type, null)) order by a.place)
     from unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[])
       with ordinality as a(name, type, place))::text as arguments,
  (select split_part(s, '=', 2) from unnest(p.proconfig) s
    where s like 'statement_timeout=%') as statement_timeout
from pg_proc p
where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
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
        functions = [_function(row) for row in await connection.fetch(_FUNCTIONS)]
        settings = await connection.fetch(_ROLE_SETTINGS)
    return Catalogue(
        functions={function.name: function for function in functions},
        role_settings={row["role"]: json.loads(row["settings"]) for row in settings},
    )


def _function(row: Mapping[str, Any]) -> Function:
    arguments: list[list[str]] = json.loads(row["arguments"] or "[]")
    names = [name for name, _ in arguments]
    return Function(
        name=row["name"],
        arguments=dict(arguments),
        required=frozenset(names[: len(names) - row["defaults"]]),
        volatile=row["volatile"],
        void=row["void"],
        rows=row["rows"],
        statement_timeout=row["statement_timeout"],
    )
