"""`/rest/v1`: calls of functions and reads of tables."""

import json
from collections.abc import Callable

from aiohttp import web

from devstack.gateway.catalogue import Function
from devstack.gateway.database import Database, Statement
from devstack.gateway.errors import ProblemError, refusal
from devstack.gateway.query import read_statement
from devstack.gateway.verifier import Identity


class RestApi:
    """Answers requests for the schema `public` of one database.

    Args:
        database: Where the statements run.
        identify: Returns who sent a request, or raises `ProblemError`.
    """

    def __init__(self, database: Database, identify: Callable[[web.Request], Identity]) -> None:
        self._database = database
        self._identify = identify

    async def call(self, request: web.Request) -> web.Response:
        """Answer POST of `/rpc/{name}`."""
        identity = self._identify(request)
        _refuse_what_is_not_served(request)
        body = await request.read() or b"{}"
        names = _names(body)
        function = await self._function(request.match_info["name"], names)
        statement = Statement(
            sql=function.statement(names),
            values=(body.decode(),),
            read_only=not function.volatile,
            timeout=function.statement_timeout,
        )
        answer = await self._database.run(identity, statement)
        return web.Response(status=204) if function.void else _json(answer)

    async def read(self, request: web.Request) -> web.Response:
        """Answer GET of a table."""
        identity = self._identify(request)
        _refuse_what_is_not_served(request)
        sql = read_statement(request.match_info["name"], request.query.items())
        return _json(await self._database.run(identity, Statement(sql=sql)))

    async def _function(self, name: str, names: frozenset[str]) -> Function:
        catalogue = await self._database.catalogue()
        if not _fits(catalogue.functions.get(name), names):
            catalogue = await self._database.catalogue(instead_of=catalogue)
        function = catalogue.functions.get(name)
        if function is None or not _fits(function, names):
            raise _not_found(name, names)
        return function


def _refuse_what_is_not_served(request: web.Request) -> None:
    if "vnd.pgrst" in request.headers.get("Accept", "") or "count=" in ",".join(
        request.headers.getall("Prefer", [])
    ):
        raise refusal(501, "PGRSTX01", "This gateway answers all rows and counts none")


def _fits(function: Function | None, names: frozenset[str]) -> bool:
    return function is not None and function.required <= names <= frozenset(function.arguments)


def _not_found(name: str, names: frozenset[str]) -> ProblemError:
    given = ", ".join(sorted(names))
    return refusal(
        404,
        "PGRST202",
        f"Could not find the function public.{name}({given}) in the schema cache",
    )


def _names(body: bytes) -> frozenset[str]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refusal(400, "PGRST102", "Empty or invalid json") from error
    if not isinstance(parsed, dict):
        raise refusal(400, "PGRST102", "The arguments of a function must be a JSON object")
    return frozenset(parsed)


def _json(body: str) -> web.Response:
    return web.Response(text=body, content_type="application/json")
