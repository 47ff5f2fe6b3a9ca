"""Runs pgTAP files without psql or pg_prove."""

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

_OURS = Path(__file__).parent / "sql" / "tap.sql"
_INSTALLED = "select exists (select from pg_available_extensions where name = 'pgtap')"

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


def load_tap(dsn: str) -> None:
    """Put pgTAP's functions into the schema `extensions` of a database, for every role to call.

    They are pgTAP's own where the server has that extension, else ours (`sql/tap.sql`).
    """
    with psycopg.connect(dsn) as connection:
        connection.execute("create schema if not exists extensions")
        connection.execute("grant usage on schema extensions to public")
        if connection.execute(_INSTALLED).fetchone() == (True,):
            connection.execute("create extension if not exists pgtap with schema extensions")
        elif connection.execute("select to_regproc('extensions.plan')").fetchone() == (None,):
            connection.execute(_OURS.read_bytes())


def run_tap(dsn: str, path: Path) -> list[TapLine]:
    """Run one TAP file (`begin; select plan(2); … select * from finish(); rollback;`).

    Nothing of it is committed, even if it forgets to roll back.

    Returns:
        One line for each test, in order.

    Raises:
        TapError: the SQL failed between two tests, or the plan was not met.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    script = "".join(line for line in lines if not line.startswith("\\"))  # psql's commands
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set search_path = public, extensions")
        try:
            # A script with several statements returns the rows of each as a result of its own.
            output = _texts(connection.execute(script.encode()))
        except psycopg.Error as error:
            raise TapError(f"{path.name} stopped early: {error}") from error
        finally:
            connection.rollback()
    results = _parsed(output)
    planned = [int(match[1]) for text in output if (match := _PLAN.match(text))]
    if planned != [len(results)]:
        raise TapError(f"{path.name} planned {planned} tests, but ran {len(results)}")
    return results


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
