"""A read of one table as SQL: the columns, `eq`, `in`, order, limit and offset that apps send.

Whatever else PostgREST's grammar knows (embedding, `or`, casts, JSON paths) is refused.
"""

# ruff: noqa: S608 - identifiers and literals are quoted

import re
from collections.abc import Iterable

from devstack.gateway.errors import refusal

# Most rows of one answer, as in hosted projects.
MAX_ROWS = 1000

_NAME = re.compile(r"[A-Za-z_]\w*")
_FILTER = re.compile(r"(?:eq\.(?P<one>.*)|in\.\((?P<several>.*)\))", re.DOTALL)
_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",]+)')
_ORDER = re.compile(r"([^.]+)(\.asc|\.desc)?(\.nullsfirst|\.nullslast)?")


def quoted(identifier: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + identifier.replace('"', '""').replace("\x00", "") + '"'


def read_statement(table: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the statement whose only column is the JSON of the rows that a query string means."""
    filters = list(pairs)
    known = {"select": "*", "order": "", "limit": str(MAX_ROWS), "offset": "0"}
    known |= {name: value for name, value in filters if name in known}
    terms = [_condition(name, value) for name, value in filters if name not in known]
    where = f" where {' and '.join(terms)}" if terms else ""
    order = ", ".join(_ordered(item) for item in known["order"].split(",") if item)
    limit = min(_count(known["limit"]), MAX_ROWS)
    page = (
        f"select {_selected(known['select'])} from public.{quoted(table)}{where}"
        f"{f' order by {order}' if order else ''} limit {limit} offset {_count(known['offset'])}"
    )
    return f"select coalesce(json_agg(page), '[]')::text as body from ({page}) page"


def _selected(select: str) -> str:
    return "*" if select == "*" else ", ".join(_column(name) for name in select.split(","))


def _condition(name: str, value: str) -> str:
    match = _FILTER.fullmatch(value)
    if not match:
        raise _unparsable(f"filter ({value})")
    if match["one"] is not None:
        return f"{_column(name)} = {_literal(match['one'])}"
    items = [
        re.sub(r"\\(.)", r"\1", inside) or bare for inside, bare in _ITEM.findall(match["several"])
    ]
    return f"{_column(name)} in ({', '.join(map(_literal, items)) or 'null'})"


def _ordered(item: str) -> str:
    match = _ORDER.fullmatch(item)
    if not match:
        raise _unparsable(f"order ({item})")
    way, nulls = ((match[n] or "").replace(".", " ").replace("nulls", "nulls ") for n in (2, 3))
    return f"{_column(match[1])}{way}{nulls}"


def _column(name: str) -> str:
    if not _NAME.fullmatch(name.strip()):
        raise _unparsable(f"column ({name}); this gateway knows names of columns alone")
    return quoted(name.strip())


def _literal(value: str) -> str:
    # Without a type, so that Postgres gives it the column's, as PostgREST does.
    if "\x00" in value:
        raise refusal(400, "22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return "'" + value.replace("'", "''") + "'"


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text):
        raise _unparsable(f"limit or offset ({text})")
    return int(text)


def _unparsable(what: str) -> Exception:
    return refusal(400, "PGRST100", f"failed to parse {what}")
