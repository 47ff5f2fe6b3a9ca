"""A request as one SQL statement: identifiers quoted, values always parameters."""

from collections.abc import Mapping
from dataclasses import dataclass


def quoted(identifier: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + identifier.replace('"', '""').replace("\x00", "") + '"'


class Parameters:
    """The values of a statement under construction."""

    def __init__(self) -> None:
        self.values: list[str | list[str]] = []

    def add(self, value: str, kind: str = "text") -> str:
        """Take a value and return the SQL expression that reads it as a type."""
        self.values.append(value)
        # Sent as text whatever the type is, so that Postgres judges it and not the driver.
        return f"${len(self.values)}::text::{kind}"

    def add_array(self, values: list[str], kind: str) -> str:
        """Take values and return the SQL expression that reads them as an array of a type."""
        self.values.append(values)
        return f"${len(self.values)}::text[]::{kind}[]"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something with columns: how SQL refers to it, and the column types known of it."""

    reference: str
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A main query whose only row is (body, page, total, status, headers).

    `body` is the JSON text of the answer, `page` the number of rows in it, `total` the number of
    rows without limit and offset if it was asked for, `status` and `headers` what the SQL left in
    `response.status` and `response.headers`.
    """

    sql: str
    values: list[str | list[str]]
    read_only: bool
    statement_timeout: str | None = None


def aggregate(body: str, page: str = "count(*)", total: str = "null") -> str:
    """Return the select list that every main query ends with."""
    return (
        f"select ({body})::text as body, {page} as page, ({total})::bigint as total, "
        "nullif(current_setting('response.status', true), '') as status, "
        "nullif(current_setting('response.headers', true), '') as headers"
    )
