"""Runs queries on pooled connections, and reports in time that the database does not answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from application.ports.unavailable import Unavailable
from infrastructure.postgres.connections import epoch_of
from infrastructure.postgres.histories import watch_of

P = ParamSpec("P")
T = TypeVar("T")

# The epoch that a task has relied on: what it has waited for is there in no other.
_relied_on: ContextVar[int | None] = ContextVar("relied_on", default=None)

UNAVAILABLE_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)


class QueryRunner:
    """Lends connections of a pool to functions that take one as their first argument."""

    def __init__(self, pool: AsyncConnectionPool[Any], *, timeout_seconds: float = 1.8) -> None:
        self._pool = pool
        self._watch = watch_of(pool.conninfo)
        self._timeout_seconds = timeout_seconds
        # Half of the pool at most is lent for long; the others serve short queries.
        self._lent = asyncio.Semaphore(pool.max_size // 2)

    @property
    def epoch(self) -> int:
        """Changes when the database's history does."""
        return self._watch.epoch

    @property
    def history_start(self) -> int:
        """Positions beyond it are of the database's present history."""
        history = self._watch.history
        return 0 if history is None else history.start

    def rely_on(self, epoch: int) -> None:
        """Let the queries of this task fail that would run in another epoch."""
        _relied_on.set(epoch)

    async def run(
        self,
        query: Callable[Concatenate[AsyncConnection[Any], P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return the result of `query`, which gets a connection in autocommit.

        Raises:
            Unavailable: the database did not answer within the timeout.
        """
        work = asyncio.create_task(self._run(query, *arguments, **named))
        work.add_done_callback(_consume_exception)
        try:
            done, _ = await asyncio.wait({work}, timeout=self._timeout_seconds)
        except asyncio.CancelledError:
            work.cancel()
            raise
        if not done:
            work.cancel()  # closes the connection; the server notices, and ends the query
            raise Unavailable("The database")
        try:
            return work.result()
        except UNAVAILABLE_ERRORS as error:
            raise Unavailable("The database") from error

    async def _run(
        self,
        query: Callable[Concatenate[AsyncConnection[Any], P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        try:
            async with self._current_connection() as connection:
                return await query(connection, *arguments, **named)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            # A connection that died while idle fails only now; a new one settles it.
            await self._pool.check()
            async with self._current_connection() as connection:
                return await query(connection, *arguments, **named)

    @asynccontextmanager
    async def _current_connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        async with self._pool.connection() as connection:
            if epoch_of(connection) != self.epoch:
                await connection.close()  # the pool opens another one
                raise psycopg.OperationalError("the database has another history now")
            if _relied_on.get() not in {None, self.epoch}:
                raise Unavailable("The database")
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection for a long time, as an export needs it.

        Raises:
            Unavailable: half of the pool is lent already, or the database does not answer.
        """
        if self._lent.locked():
            raise Unavailable("A connection for that long", retry_after=5)
        try:
            async with self._lent, self._current_connection() as connection:
                yield connection
        except UNAVAILABLE_ERRORS as error:
            raise Unavailable("The database") from error


def _consume_exception(work: "asyncio.Task[Any]") -> None:
    """Fetch the exception of abandoned work, so that asyncio does not report it."""
    if not work.cancelled():
        work.exception()
