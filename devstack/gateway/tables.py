"""Requests for a table or view, each as one statement."""

# ruff: noqa: S608 - identifiers are quoted, values are parameters

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from devstack.gateway.catalogue import EXPOSED, Table
from devstack.gateway.errors import refusal
from devstack.gateway.query import (
    Query,
    order_clause,
    page_clause,
    select_list,
    split_list,
    where_clause,
)
from devstack.gateway.statement import Parameters, Source, Statement, aggregate, quoted


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the Prefer header and the query string ask of a write or a read."""

    representation: bool
    count: bool
    resolution: str | None
    columns: tuple[str, ...] | None
    conflict: tuple[str, ...]


def read(table: Table, query: Query, *, count: bool, max_rows: int) -> Statement:
    """Return the statement of GET or HEAD."""
    parameters = Parameters()
    source = _source(table)
    filtered = f"{source.reference}{where_clause(query, source, parameters)}"
    page = (
        f"select {select_list(query, source, parameters)} from {filtered}"
        f"{order_clause(query, source, parameters)}{page_clause(query, parameters, max_rows)}"
    )
    total = f"(select count(*) from {filtered})" if count else "null"
    body = "coalesce(json_agg(pgrst_page), '[]')"
    return Statement(
        sql=f"{aggregate(body, total=total)} from ({page}) pgrst_page",
        values=parameters.values,
        read_only=True,
    )


def insert(table: Table, query: Query, body: str, wish: Wish) -> Statement:
    """Return the statement of POST: one object or an array of them, all with the same keys."""
    rows = _rows(body)
    columns = list(wish.columns if wish.columns is not None else _keys(rows))
    _check_columns(table, columns)
    names = ", ".join(quoted(c) for c in columns)
    parameters = Parameters()
    if columns:
        # The client's own text: parsing and writing it again would round its numbers.
        given = parameters.add(body if body.lstrip().startswith("[") else f"[{body}]", "json")
        record = f"json_to_recordset({given}) as pgrst_body({_typed(table, columns)})"
        values = f"({names}) select {names} from {record}"
    else:
        values = "default values" if rows else "select where false"
    written = f"insert into {_reference(table)} {values}{_on_conflict(table, columns, wish)}"
    return _write(table, query, written, parameters, wish)


def update(table: Table, query: Query, body: str, wish: Wish) -> Statement:
    """Return the statement of PATCH: set the object's keys in the rows that match."""
    columns = list(_keys(_rows(body)))
    _check_columns(table, columns)
    parameters = Parameters()
    source = _source(table)
    if columns:
        given = parameters.add(body, "json")
        record = f"json_to_record({given}) as pgrst_body({_typed(table, columns)})"
        changes = ", ".join(f"{quoted(c)} = pgrst_body.{quoted(c)}" for c in columns)
        matching = where_clause(query, source, parameters)
        written = f"update {source.reference} set {changes} from {record}{matching}"
        return _write(table, query, written, parameters, wish)
    return Statement(sql=aggregate("'[]'", "0"), values=[], read_only=False)


def delete(table: Table, query: Query, wish: Wish) -> Statement:
    """Return the statement of DELETE."""
    parameters = Parameters()
    source = _source(table)
    written = f"delete from {source.reference}{where_clause(query, source, parameters)}"
    return _write(table, query, written, parameters, wish)


def _reference(table: Table) -> str:
    return f"{quoted(EXPOSED)}.{quoted(table.name)}"


def _source(table: Table) -> Source:
    return Source(reference=_reference(table), columns=table.columns)


def _typed(table: Table, columns: Iterable[str]) -> str:
    return ", ".join(f"{quoted(c)} {table.columns[c]}" for c in columns)


def _write(
    table: Table, query: Query, written: str, parameters: Parameters, wish: Wish
) -> Statement:
    # Returning columns needs the right to select them: only when somebody wants to see them.
    returned, body = "1", "null"
    inner = "select 1 from pgrst_source"
    if wish.representation:
        returned, body = f"{_reference(table)}.*", "coalesce(json_agg(pgrst_page), '[]')"
        source = Source(reference="pgrst_source", columns=table.columns)
        inner = f"select {select_list(query, source, parameters)} from pgrst_source"
    total = "(select count(*) from pgrst_source)" if wish.count else "null"
    return Statement(
        sql=f"with pgrst_source as ({written} returning {returned}) "
        f"{aggregate(body, total=total)} from ({inner}) pgrst_page",
        values=parameters.values,
        read_only=False,
    )


def _on_conflict(table: Table, columns: list[str], wish: Wish) -> str:
    target = wish.conflict or table.primary_key
    if not wish.resolution or not target:
        return ""
    conflict = f" on conflict ({', '.join(quoted(c) for c in target)})"
    if wish.resolution == "ignore-duplicates" or not columns:
        return f"{conflict} do nothing"
    changes = ", ".join(f"{quoted(c)} = excluded.{quoted(c)}" for c in columns)
    return f"{conflict} do update set {changes}"


def _rows(body: str) -> list[dict[str, Any]]:
    try:
        parsed = json.loads(body or "{}")
    except (ValueError, RecursionError) as error:
        raise refusal(400, "PGRST102", "Empty or invalid json") from error
    rows = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(row, dict) for row in rows):
        raise refusal(400, "PGRST102", "Request payload must be objects")
    return rows


def _keys(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    names = {frozenset(row) for row in rows}
    if len(names) > 1:
        raise refusal(400, "PGRST102", "All object keys must match")
    return tuple(rows[0]) if rows else ()


def _check_columns(table: Table, columns: Iterable[str]) -> None:
    for column in columns:
        if column not in table.columns:
            raise refusal(
                400,
                "PGRST204",
                f"Could not find the '{column}' column of '{table.name}' in the schema cache",
            )


def names_in(text: str | None) -> tuple[str, ...] | None:
    """Return the column names of `columns="a","b"` or `on_conflict=a,b`."""
    if text is None:
        return None
    return tuple(item.strip().strip('"') for item in split_list(text) if item.strip())
