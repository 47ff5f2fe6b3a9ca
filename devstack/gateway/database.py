"""Runs statements the way PostgREST does: one transaction per request, as the caller's role."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import asyncpg

from devstack.gateway.catalogue import EXPOSED, Catalogue, load_catalogue
from devstack.gateway.errors import (
    NO_CONNECTION_LEFT,
    NO_DATABASE,
    UNREACHABLE,
    ProblemError,
    problem_from_postgres,
)
from devstack.gateway.statement import Statement, quoted
from devstack.gateway.tokens import Identity

_ACQUIRE_SECONDS = 10.0
_SEARCH_PATH = f"{quoted(EXPOSED)}, {quoted('extensions')}"

# Everything here ends with the transaction: a connection carries no one's identity back to the
# pool (PostgREST docs, "Transactions").
_ENTER = """
select set_config('search_path', $1, true), set_config('role', $2, true),
  set_config('request.jwt.claims', $3, true), set_config('request.headers', $4, true),
  set_config('request.method', $5, true), set_config('request.path', $6, true)
"""
_SETTING = "select set_config(key, value, true) from json_each_text($1::text::json)"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The HTTP request as SQL may look at it."""

    identity: Identity
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The only row of a main query; see `Statement`."""

    body: str | None
    page: int
    total: int | None
    status: str | None
    headers: str | None


class Database:
    """A pool of connections that log in as `authenticator`, and the catalogue they see.

    Args:
        dsn: libpq URL of the database for the role `authenticator`.
        pool_size: Most connections at once; they are opened when needed.
    """

    def __init__(self, dsn: str, pool_size: int) -> None:
        self._pool = asyncpg.create_pool(
            dsn, min_size=0, max_size=pool_size, timeout=5, reset=_no_reset
        )
        self._catalogue: Catalogue | None = None
        self._loading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._pool
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.terminate()

    async def catalogue(self, *, instead_of: Catalogue | None = None) -> Catalogue:
        """Return what the database exposes; read it again if it is still `instead_of`."""
        async with self._loading:
            if self._catalogue is None or self._catalogue is instead_of:
                async with self._connection() as connection:
                    self._catalogue = await load_catalogue(connection)
            return self._catalogue

    def forget_catalogue(self) -> None:
        """Read the catalogue again for the next request."""
        self._catalogue = None

    async def run(
        self, origin: Origin, statement: Statement, accept: Callable[[Outcome], None]
    ) -> Outcome:
        """Run a statement in a transaction of its own and return its row.

        Args:
            origin: Who asks, and with which request.
            statement: The main query.
            accept: Sees the row before the commit; what it raises rolls back.

        Raises:
            ProblemError: Postgres refused, or could not be reached.
        """
        settings = (await self.catalogue()).role_settings.get(origin.identity.role, {})
        if statement.statement_timeout:
            settings = {**settings, "statement_timeout": statement.statement_timeout}
        anonymous = origin.identity.role == "anon"
        async with (
            self._connection(anonymous=anonymous) as connection,
            connection.transaction(readonly=statement.read_only),
        ):
            await connection.fetch(_ENTER, *_entering(origin))
            if settings:
                await connection.fetch(_SETTING, json.dumps(settings))
            [row] = await connection.fetch(statement.sql, *statement.values)
            outcome = Outcome(**row)
            accept(outcome)
            return outcome

    @asynccontextmanager
    async def _connection(
        self, *, anonymous: bool = False
    ) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        try:
            connection = await self._pool.acquire(timeout=_ACQUIRE_SECONDS)
        except TimeoutError as error:
            raise ProblemError(NO_CONNECTION_LEFT) from error
        except (asyncpg.PostgresError, *UNREACHABLE) as error:
            raise ProblemError(NO_DATABASE) from error
        try:
            yield connection
        except asyncpg.PostgresError as error:
            raise ProblemError(problem_from_postgres(error, anonymous=anonymous)) from error
        except UNREACHABLE as error:
            raise ProblemError(NO_DATABASE) from error
        finally:
            await self._pool.release(connection)


def _entering(origin: Origin) -> tuple[str, ...]:
    return (
        _SEARCH_PATH,
        origin.identity.role,
        origin.identity.claims,
        json.dumps(dict(origin.headers)),
        origin.method,
        origin.path,
    )


async def _no_reset(_connection: asyncpg.Connection) -> None:
    """Save the pool's round trip: whatever we set has ended with its transaction."""
