"""Runs pgTAP files without psql or pg_prove."""

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

_PGTAP = Path(__file__).parent / "pgtap" / "pgtap--1.3.5.sql"
_SCHEMA = "extensions"

_LINE = re.compile(r"^(not )?ok \d+(?: - (.*))?$")
_PLAN = re.compile(r"^1\.\.(\d+)")


class TapError(Exception):
    """A TAP file stopped early, or ran another number of tests than it planned."""


@dataclass(frozen=True, kw_only=True)
class TapLine:
    """The result of one test: whether it passed, its sentence, and why it did not."""

    ok: bool
    description: str
    diagnostics: str


def load_pgtap(dsn: str) -> None:
    """Put pgTAP into the schema `extensions` of a database, for every role to call.

    The plain SQL is loaded as it is: no Postgres of ours needs to have the extension installed.
    """
    script = _without_psql(_PGTAP.read_text(encoding="utf-8"))
    schema = sql.Identifier(_SCHEMA)
    with psycopg.connect(dsn) as connection:
        if connection.execute("select to_regproc('extensions.plan') is not null").fetchone() == (
            True,
        ):
            return
        connection.execute(sql.SQL("create schema if not exists {}").format(schema))
        connection.execute(sql.SQL("set local search_path = {}").format(schema))
        connection.execute(script.encode())
        connection.execute(sql.SQL("grant usage on schema {} to public").format(schema))


def run_tap(dsn: str, path: Path) -> list[TapLine]:
    """Run one TAP file (`begin; select plan(2); … select * from finish(); rollback;`).

    Nothing of it is committed, even if it forgets to roll back.

    Returns:
        One line for each test, in order.

    Raises:
        TapError: the SQL failed between two tests, or the plan was not met.
    """
    script = _without_psql(path.read_text(encoding="utf-8"))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set search_path = public, extensions")
        try:
            # A script with several statements returns the rows of each as a result of its own.
            output = _texts(connection.execute(script.encode()))
        except psycopg.Error as error:
            raise TapError(f"{path.name} stopped early: {error}") from error
        finally:
            connection.rollback()
    lines = _parsed(output)
    planned = [int(match[1]) for text in output if (match := _PLAN.match(text))]
    if planned != [len(lines)]:
        raise TapError(f"{path.name} planned {planned} tests, but ran {len(lines)}")
    return lines


def _without_psql(script: str) -> str:
    kept = (line for line in script.splitlines() if not line.startswith("\\"))
    return "\n".join(kept).replace("@extschema@", _SCHEMA)


def _texts(cursor: psycopg.Cursor[tuple[object, ...]]) -> list[str]:
    """Return the lines of every text in every row of every result."""
    found: list[str] = []
    for result in cursor.results():
        if result.description:
            values = (value for row in result for value in row if isinstance(value, str))
            found.extend(line for value in values for line in value.splitlines())
    return found


def _parsed(output: list[str]) -> list[TapLine]:
    lines: list[TapLine] = []
    for text in output:
        if match := _LINE.match(text):
            lines.append(TapLine(ok=not match[1], description=match[2] or "", diagnostics=""))
        elif text.startswith("#") and lines:
            last = lines[-1]
            noted = f"{last.diagnostics}\n{text.lstrip('# ')}".strip()
            lines[-1] = TapLine(ok=last.ok, description=last.description, diagnostics=noted)
    return lines
