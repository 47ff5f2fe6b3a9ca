"""The gateway as one HTTP server on 127.0.0.1."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

import asyncpg
from aiohttp import web
from aiohttp.typedefs import Handler

from devstack.gateway.auth import AuthApi
from devstack.gateway.database import Database
from devstack.gateway.errors import (
    NO_DATABASE,
    UNREACHABLE,
    Problem,
    ProblemError,
    problem_from_postgres,
)
from devstack.gateway.functions import FunctionsApi
from devstack.gateway.rest import RestApi
from devstack.gateway.tokens import DevKeys
from devstack.relay import open_session

_log = logging.getLogger(__name__)

_LARGEST_BODY = 64 * 1024 * 1024


@asynccontextmanager
async def serve_gateway(
    dsn: str,
    keys: DevKeys,
    port: int,
    pool_size: int = 20,
    *,
    functions: Mapping[str, int] = MappingProxyType({}),
) -> AsyncIterator[None]:
    """Serve `/rest/v1`, `/auth/v1` and `/functions/v1` for one database until the block ends.

    It starts, and answers 503, even while the database is away.

    Args:
        dsn: libpq URL of the database for the role `authenticator`.
        keys: API keys and the key pair of the tokens.
        port: TCP port on 127.0.0.1.
        pool_size: Most database connections at once.
        functions: Ports of the Edge Functions, by name.
    """
    users = asyncpg.create_pool(dsn, user="supabase_auth_admin", min_size=0, max_size=2, timeout=5)
    await users
    database = await Database.open(dsn, pool_size)
    auth, session = AuthApi(users, keys), open_session()
    app = web.Application(middlewares=[_answer_problems], client_max_size=_LARGEST_BODY)
    edge = FunctionsApi(session, functions)
    app.add_routes(_routes(RestApi(database, auth.identify), auth, edge))
    runner = web.AppRunner(app, access_log=None)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        yield
    finally:
        await runner.cleanup()
        await session.close()
        users.terminate()
        database.close()


def _routes(rest: RestApi, auth: AuthApi, edge: FunctionsApi) -> list[web.RouteDef]:
    return [
        web.post("/rest/v1/rpc/{name}", rest.call),
        web.get("/rest/v1/{name}", rest.read, allow_head=False),
        web.post("/auth/v1/token", auth.token),
        web.get("/auth/v1/user", auth.user),
        web.post("/auth/v1/logout", auth.logout),
        web.get("/auth/v1/.well-known/jwks.json", auth.key_set),
        web.post("/auth/v1/admin/users", auth.create_user),
        web.route("*", "/functions/v1/{name}{path:(/.*)?}", edge.call),
    ]


@web.middleware
async def _answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ProblemError as error:
        return _answer(error.problem)
    except web.HTTPException as error:
        return _answer(Problem(status=error.status, code="PGRST117", message=error.reason))
    except asyncpg.PostgresError as error:
        return _answer(problem_from_postgres(error, anonymous=False))
    except UNREACHABLE:
        return _answer(NO_DATABASE)
    except Exception:  # noqa: BLE001 - PostgREST never answers with a traceback
        _log.exception("the gateway failed")
        return _answer(Problem(status=500, code="PGRSTX00", message="Internal gateway error"))


def _answer(problem: Problem) -> web.Response:
    return web.json_response(problem.body(), status=problem.status)
