"""`/rest/v1`: from an HTTP request to a statement, and from its row to an HTTP answer."""

import json
from collections.abc import Callable

from aiohttp import web

from devstack.gateway import functions, tables
from devstack.gateway.answers import (
    Preferences,
    answer,
    page_answer,
    read_preferences,
    written_answer,
)
from devstack.gateway.catalogue import EXPOSED, Catalogue, Shape, Table
from devstack.gateway.database import Database, Origin, Outcome
from devstack.gateway.errors import ProblemError, refusal
from devstack.gateway.query import Query, parse_query
from devstack.gateway.statement import Statement
from devstack.gateway.tokens import Identity


class RestApi:
    """Answers requests for the exposed schema of one database.

    Args:
        database: Where the statements run.
        identify: Returns who sent a request, or raises `ProblemError`.
        max_rows: Most rows of one answer; hosted projects have 1,000.
    """

    def __init__(
        self, database: Database, identify: Callable[[web.Request], Identity], max_rows: int
    ) -> None:
        self._database = database
        self._identify = identify
        self._max_rows = max_rows

    async def call(self, request: web.Request) -> web.Response:
        """Answer `/rpc/{name}`."""
        identity = self._identify(request)
        preferences = read_preferences(request)
        call = await self._call(request, preferences)
        catalogue = await self._database.catalogue()
        function = functions.resolve(call, catalogue)
        if not function:
            catalogue = await self._database.catalogue(instead_of=catalogue)
            function = functions.resolve(call, catalogue)
        if not function:
            raise functions.not_found(call)
        statement = functions.call_statement(call, function)
        outcome = await self._run(request, identity, statement, preferences)
        if function.shape is Shape.VOID:
            return answer(outcome, 204, None)
        return page_answer(request.method, outcome, call.query, preferences)

    async def read(self, request: web.Request) -> web.Response:
        """Answer GET and HEAD of a table."""
        identity = self._identify(request)
        preferences, query = read_preferences(request), parse_query(request.query.items())
        table = await self._table(request)
        statement = tables.read(table, query, count=preferences.count, max_rows=self._max_rows)
        outcome = await self._run(request, identity, statement, preferences)
        return page_answer(request.method, outcome, query, preferences)

    async def write(self, request: web.Request) -> web.Response:
        """Answer POST, PATCH and DELETE of a table."""
        identity = self._identify(request)
        preferences, query = read_preferences(request), parse_query(request.query.items())
        table = await self._table(request)
        wish = tables.Wish(
            representation=preferences.representation,
            count=preferences.count,
            resolution=preferences.resolution,
            columns=tables.names_in(request.query.get("columns")),
            conflict=tables.names_in(request.query.get("on_conflict")) or (),
        )
        statement = _written(request.method, table, query, await _text(request), wish)
        outcome = await self._run(request, identity, statement, preferences)
        if wish.representation:
            return written_answer(request.method, outcome, preferences)
        return answer(outcome, 201 if request.method == "POST" else 204, None)

    async def _call(self, request: web.Request, preferences: Preferences) -> functions.Call:
        body = await _text(request) or "{}" if request.method == "POST" else None
        return functions.Call(
            name=request.match_info["name"],
            query=parse_query(request.query.items()),
            names=_names(body),
            body=body,
            count=preferences.count,
            max_rows=self._max_rows,
        )

    async def _table(self, request: web.Request) -> Table:
        name = request.match_info["name"]
        catalogue: Catalogue = await self._database.catalogue()
        if name not in catalogue.tables:
            catalogue = await self._database.catalogue(instead_of=catalogue)
        if name not in catalogue.tables:
            raise refusal(
                404, "PGRST205", f"Could not find the table '{EXPOSED}.{name}' in the schema cache"
            )
        return catalogue.tables[name]

    async def _run(
        self,
        request: web.Request,
        identity: Identity,
        statement: Statement,
        preferences: Preferences,
    ) -> Outcome:
        origin = Origin(
            identity=identity,
            method=request.method,
            path=request.path.removeprefix("/rest/v1"),
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        try:
            return await self._database.run(origin, statement, preferences.check)
        except ProblemError as error:
            if error.problem.code.startswith(("427", "428", "42P")):
                # A migration may have changed what we remember of the schema.
                self._database.forget_catalogue()
            raise


def _written(method: str, table: Table, query: Query, body: str, wish: tables.Wish) -> Statement:
    if method == "POST":
        return tables.insert(table, query, body, wish)
    if method == "PATCH":
        return tables.update(table, query, body, wish)
    return tables.delete(table, query, wish)


async def _text(request: web.Request) -> str:
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError as error:
        raise refusal(400, "PGRST102", "Empty or invalid json") from error


def _names(body: str | None) -> frozenset[str]:
    if body is None:
        return frozenset()
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refusal(400, "PGRST102", "Empty or invalid json") from error
    if not isinstance(parsed, dict):
        raise refusal(400, "PGRST102", "The arguments of a function must be a JSON object")
    return frozenset(parsed)
