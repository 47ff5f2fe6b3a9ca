"""The query string of a request: select, filters, order, limit and offset, as SQL.

The grammar is that of the PostgREST docs, "Tables and Views", without embedding, aggregates and
full-text search.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from devstack.gateway.errors import refusal, unparsable
from devstack.gateway.statement import Parameters, Source, quoted

RESERVED = {"select", "order", "limit", "offset", "columns", "on_conflict"}

_COMPARISONS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "cs": "@>",
    "cd": "<@",
}
_PATTERNS = {"like": "like", "ilike": "ilike"}
_IS = {"null", "not_null", "true", "false", "unknown"}
_OPERATOR = re.compile(r"^(not\.)?(eq|neq|gte?|lte?|cs|cd|i?like|in|is)\.")
_GROUP = re.compile(r"^(not\.)?(and|or)(\(.*\))$", re.DOTALL)
_SELECTED = re.compile(
    r'^(?:(?P<alias>[^:"(]+):(?!:))?(?P<column>"[^"]+"|[^:"()]+)'
    r"(?:::(?P<cast>[a-z0-9_ ]+(\[\])?))?$"
)
_ORDER = re.compile(r"^(?P<column>.+?)(?P<way>\.asc|\.desc)?(?P<nulls>\.nullsfirst|\.nullslast)?$")
_OPENING, _CLOSING = "({[", ")}]"


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query string, taken apart but not yet turned into SQL."""

    select: str
    filters: tuple[tuple[str, str], ...]
    order: str
    limit: int | None
    offset: int

    def without(self, names: Iterable[str]) -> "Query":
        """Return the query without the filters of these names (they were arguments)."""
        excluded = set(names)
        kept = tuple(pair for pair in self.filters if pair[0] not in excluded)
        return Query(
            select=self.select, filters=kept, order=self.order, limit=self.limit, offset=self.offset
        )


def parse_query(pairs: Iterable[tuple[str, str]]) -> Query:
    """Sort a query string's pairs into the parts of a query."""
    known: dict[str, str] = {}
    filters = []
    for name, value in pairs:
        if name in RESERVED:
            known[name] = value
        else:
            filters.append((name, value))
    return Query(
        select=known.get("select", "*"),
        filters=tuple(filters),
        order=known.get("order", ""),
        limit=_count(known["limit"]) if "limit" in known else None,
        offset=_count(known.get("offset", "0")),
    )


def is_filter(value: str) -> bool:
    """Tell whether a query-string value reads as `operator.operand`."""
    return _OPERATOR.match(value) is not None


def where_clause(query: Query, source: Source, parameters: Parameters) -> str:
    """Return ` where …`, or nothing when there are no filters."""
    terms = [_term(name, value, source, parameters) for name, value in query.filters]
    return f" where {' and '.join(terms)}" if terms else ""


def select_list(query: Query, source: Source, parameters: Parameters) -> str:
    """Return the expressions to select, under the names the client wants."""
    if query.select.strip() in ("", "*"):
        return f"{source.reference}.*"
    return ", ".join(
        _selected(item.strip(), source, parameters) for item in split_list(query.select)
    )


def order_clause(query: Query, source: Source, parameters: Parameters) -> str:
    """Return ` order by …`, or nothing."""
    if not query.order:
        return ""
    terms = []
    for item in split_list(query.order):
        match = _ORDER.match(item)
        if not match:
            raise unparsable(f"order ({item})")
        way = (match["way"] or "").replace(".", " ")
        nulls = (match["nulls"] or "").replace(".nulls", " nulls ")
        terms.append(f"{_column(match['column'], source, parameters)}{way}{nulls}")
    return f" order by {', '.join(terms)}"


def page_clause(query: Query, parameters: Parameters, max_rows: int) -> str:
    """Return the limit, never above `max_rows`, and the offset."""
    limit = max_rows if query.limit is None else min(query.limit, max_rows)
    clause = f" limit {parameters.add(str(limit), 'bigint')}"
    return (
        f"{clause} offset {parameters.add(str(query.offset), 'bigint')}" if query.offset else clause
    )


def split_list(text: str) -> list[str]:
    """Split at the commas that are outside of quotes and brackets."""
    parts, depth, in_quotes, start = [], 0, False, 0
    characters = iter(enumerate(text))
    for place, character in characters:
        if in_quotes and character == "\\":
            next(characters, None)
        elif character == '"':
            in_quotes = not in_quotes
        elif in_quotes:
            continue
        elif character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
        else:
            depth += (character in _OPENING) - (character in _CLOSING)
    return [*parts, text[start:]]


def _term(name: str, value: str, source: Source, parameters: Parameters) -> str:
    if name in ("and", "or", "not.and", "not.or"):
        return _group(f"{name}{value}", source, parameters)
    return _condition(name, value, source, parameters)


def _group(text: str, source: Source, parameters: Parameters) -> str:
    match = _GROUP.match(text)
    if not match:
        raise unparsable(f"logic tree ({text})")
    terms = []
    for item in split_list(match[3][1:-1]):
        if _GROUP.match(item):
            terms.append(_group(item, source, parameters))
        else:
            column, _, expression = item.partition(".")
            terms.append(_condition(column, expression, source, parameters, nested=True))
    joined = f" {match[2]} ".join(terms)
    return f"not ({joined})" if match[1] else f"({joined})"


def _condition(
    name: str, expression: str, source: Source, parameters: Parameters, *, nested: bool = False
) -> str:
    match = _OPERATOR.match(expression)
    if not match:
        raise unparsable(f"filter ({expression})")
    operand = expression[match.end() :]
    if nested and match[2] != "in":
        operand = _unquoted(operand)
    condition = _comparison(name, match[2], operand, source, parameters)
    return f"not ({condition})" if match[1] else condition


def _comparison(
    name: str, operator: str, operand: str, source: Source, parameters: Parameters
) -> str:
    column = _column(name, source, parameters)
    kind = _kind(name, source)
    if operator == "is":
        if operand.lower() not in _IS:
            raise unparsable(f"filter (is.{operand})")
        return f"{column} is {operand.lower().replace('_', ' ')}"
    if operator == "in":
        if not (operand.startswith("(") and operand.endswith(")")):
            raise unparsable(f"filter (in.{operand})")
        items = [_unquoted(item) for item in split_list(operand[1:-1])] if operand != "()" else []
        return f"{column} = any ({parameters.add_array(items, kind)})"
    if pattern := _PATTERNS.get(operator):
        return f"{column} {pattern} {parameters.add(operand.replace('*', '%'))}"
    return f"{column} {_COMPARISONS[operator]} {parameters.add(operand, kind)}"


def _kind(name: str, source: Source) -> str:
    if "->>" in name:
        return "text"
    # An unknown column fails in Postgres, whatever type it is compared with.
    return "jsonb" if "->" in name else source.columns.get(_unquoted(name), "text")


def _column(path: str, source: Source, parameters: Parameters) -> str:
    """Return a column, or what a `->` path finds in it."""
    first, *steps = re.split(r"(->>|->)", path)
    column = f"{source.reference}.{quoted(_unquoted(first))}"
    if not steps:
        return column
    expression = f"to_jsonb({column})"
    for arrow, key in zip(steps[::2], steps[1::2], strict=True):
        place = parameters.add(key, "int" if key.isdecimal() else "text")
        expression += f"{arrow}{place}"
    return f"({expression})"


def _selected(item: str, source: Source, parameters: Parameters) -> str:
    if item == "*":
        return f"{source.reference}.*"
    match = _SELECTED.match(item)
    if not match:
        raise refusal(
            400,
            "PGRST100",
            "failed to parse select parameter",
            details="This gateway selects columns only: no embedding, no aggregates.",
        )
    path = match["column"]
    expression = _column(path, source, parameters)
    if match["cast"]:
        expression = f"cast({expression} as {match['cast']})"
    name = match["alias"] or _unquoted(re.split(r"->>?", path)[-1])
    return f"{expression} as {quoted(name)}"


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _count(text: str) -> int:
    if not text.isdecimal():
        raise unparsable(f"limit or offset ({text})")
    return int(text)
