"""The gateway as one HTTP server on 127.0.0.1."""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import asyncpg
from aiohttp import web
from aiohttp.typedefs import Handler

from devstack.gateway.answers import problem_answer
from devstack.gateway.auth import AuthApi
from devstack.gateway.database import Database
from devstack.gateway.errors import (
    NO_DATABASE,
    UNREACHABLE,
    Problem,
    ProblemError,
    problem_from_postgres,
)
from devstack.gateway.rest import RestApi
from devstack.gateway.tokens import DevKeys, Verifier
from devstack.ports import free_port

_log = logging.getLogger(__name__)

_LARGEST_BODY = 64 * 1024 * 1024


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gateway:
    """Serves `/rest/v1` and `/auth/v1` for one database; an async context manager.

    It starts, and answers 503, even while the database is away.

    Args:
        dsn: libpq URL of the database for the role `authenticator`.
        keys: API keys and the key pair of the tokens.
        port: TCP port on 127.0.0.1; 0 takes a free one.
        pool_size: Most database connections at once.
        max_rows: Most rows of one answer.
        clock: The present, with its time zone.
    """

    def __init__(  # noqa: PLR0913 - all but two have defaults
        self,
        *,
        dsn: str,
        keys: DevKeys,
        port: int = 0,
        pool_size: int = 20,
        max_rows: int = 1000,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.keys = keys
        self.url = ""
        self._dsn = dsn
        self._port = port
        self._pool_size = pool_size
        self._max_rows = max_rows
        self._clock = clock
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            runner = web.AppRunner(await self._application(opening), access_log=None)
            await runner.setup()
            opening.push_async_callback(runner.cleanup)
            port = self._port or free_port()
            await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
            self.url = f"http://127.0.0.1:{port}"
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def _application(self, opening: AsyncExitStack) -> web.Application:
        database = await opening.enter_async_context(Database(self._dsn, self._pool_size))
        users = asyncpg.create_pool(
            self._dsn, user="supabase_auth_admin", min_size=0, max_size=2, timeout=5
        )
        await users
        opening.callback(users.terminate)
        auth = AuthApi(users, self.keys, Verifier(self.keys), self._clock)
        rest = RestApi(database, auth.identify, self._max_rows)
        app = web.Application(middlewares=[_answer_problems], client_max_size=_LARGEST_BODY)
        app.add_routes(
            [
                web.get("/rest/v1/rpc/{name}", rest.call),
                web.post("/rest/v1/rpc/{name}", rest.call),
                web.get("/rest/v1/{name}", rest.read),
                web.post("/rest/v1/{name}", rest.write),
                web.patch("/rest/v1/{name}", rest.write),
                web.delete("/rest/v1/{name}", rest.write),
                web.get("/auth/v1/.well-known/jwks.json", auth.jwks),
                web.post("/auth/v1/token", auth.token),
                web.get("/auth/v1/user", auth.user),
                web.post("/auth/v1/admin/users", auth.create_user),
            ]
        )
        return app


@web.middleware
async def _answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ProblemError as error:
        return problem_answer(error.problem)
    except web.HTTPException as error:
        return problem_answer(Problem(status=error.status, code="PGRST117", message=error.reason))
    except asyncpg.PostgresError as error:
        return problem_answer(problem_from_postgres(error, anonymous=False))
    except UNREACHABLE:
        return problem_answer(NO_DATABASE)
    except Exception:  # noqa: BLE001 - PostgREST never answers with a traceback
        _log.exception("the gateway failed")
        return problem_answer(
            Problem(status=500, code="PGRSTX00", message="Internal gateway error")
        )
