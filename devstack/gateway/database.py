"""Runs statements the way PostgREST does: one transaction per request, as the caller's role."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import asyncpg

from devstack.gateway.catalogue import Catalogue, load_catalogue
from devstack.gateway.errors import (
    NO_CONNECTION_LEFT,
    NO_DATABASE,
    UNREACHABLE,
    ProblemError,
    problem_from_postgres,
)
from devstack.gateway.verifier import Identity

_ACQUIRE_SECONDS = 10.0

# Everything here ends with the transaction: a connection carries no one's identity back to the
# pool (PostgREST docs, "Transactions").
_ENTER = """
select set_config('search_path', 'public, extensions', true), set_config('role', $1, true),
  set_config('request.jwt.claims', $2, true),
  (select count(set_config(key, value, true)) from json_each_text($3::text::json))
"""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A query whose only row is the JSON text of the answer."""

    sql: str
    values: tuple[str, ...] = ()
    read_only: bool = True
    timeout: str | None = None


class Database:
    """A pool of connections that log in as `authenticator`, and the catalogue they see."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._catalogue: Catalogue | None = None
        self._loading = asyncio.Lock()

    @classmethod
    async def open(cls, dsn: str, pool_size: int) -> Self:
        """Return a pool of so many connections at most; they are opened when needed."""
        pool = asyncpg.create_pool(dsn, min_size=0, max_size=pool_size, timeout=5, reset=_no_reset)
        await pool
        return cls(pool)

    def close(self) -> None:
        """End all connections."""
        self._pool.terminate()

    async def catalogue(self, *, instead_of: Catalogue | None = None) -> Catalogue:
        """Return what the database exposes; read it again if it is still `instead_of`."""
        async with self._loading:
            if self._catalogue is None or self._catalogue is instead_of:
                async with self._connection() as connection:
                    self._catalogue = await load_catalogue(connection)
            return self._catalogue

    async def run(self, identity: Identity, statement: Statement) -> str:
        """Run a statement in a transaction of its own as somebody and return its JSON.

        Raises:
            ProblemError: Postgres refused, or could not be reached.
        """
        settings = (await self.catalogue()).role_settings.get(identity.role, {})
        if statement.timeout:
            settings = {**settings, "statement_timeout": statement.timeout}
        async with (
            self._connection(anonymous=identity.role == "anon") as connection,
            connection.transaction(readonly=statement.read_only),
        ):
            await connection.fetch(_ENTER, identity.role, identity.claims, json.dumps(settings))
            return str(await connection.fetchval(statement.sql, *statement.values))

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


async def _no_reset(_connection: asyncpg.Connection) -> None:
    """Save the pool's round trip: whatever we set has ended with its transaction."""
