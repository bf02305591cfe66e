"""Runs queries on pooled connections, and reports in time that the database does not answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from application.ports.queries import TooManyQueries, asking_account
from application.ports.unavailable import Unavailable
from infrastructure.postgres.account_shares import AccountShares
from infrastructure.postgres.connections import epoch_of
from infrastructure.postgres.histories import watch_of

P = ParamSpec("P")
T = TypeVar("T")

# The epoch that a task has relied on: what it has waited for is there in no other.
_relied_on: ContextVar[int | None] = ContextVar("relied_on", default=None)

UNAVAILABLE_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)


EXPORT_TIMEOUT_SECONDS = 9.0  # for a page of an export; below the timeout of a statement


class QueryRunner:
    """Lends connections of a pool to functions that take one as their first argument.

    An account uses at most half of the pool, and a part of its time while other accounts ask as
    well; all exports together use a quarter of the pool.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], *, timeout_seconds: float = 1.8) -> None:
        self._pool = pool
        self._watch = watch_of(pool.conninfo)
        self._timeout_seconds = timeout_seconds
        self._shares = AccountShares(each=max(1, pool.max_size // 2))
        self._exports = asyncio.Semaphore(max(1, pool.max_size // 4))

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

    def notice(self, account: UUID) -> None:
        """Note that the account sent a request, of whatever kind."""
        self._shares.notice(account)

    async def run(
        self,
        query: Callable[Concatenate[AsyncConnection[Any], P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return the result of `query`, which gets a connection in autocommit.

        Raises:
            TooManyQueries: the account that asks has its share of the connections in use.
            Unavailable: the database did not answer within the timeout.
        """
        account = asking_account.get()
        if account is None:
            return await self._within(self._timeout_seconds, self._run(query, *arguments, **named))
        work = self._shares.hold(account, partial(self._run, query, *arguments, **named))
        try:
            return await self._within(self._timeout_seconds, work)
        except Unavailable:
            if self._shares.is_full(account):
                raise TooManyQueries from None
            raise

    async def run_export(
        self,
        query: Callable[Concatenate[AsyncConnection[Any], P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return a page of an export, as `run` does, within the share of the exports, and when the
        account that asks has rested from the pages before.

        Raises:
            Unavailable: the other exports were too many, or the database did not answer in time.
        """
        work = self._export(asking_account.get(), partial(self._run, query, *arguments, **named))
        return await self._within(EXPORT_TIMEOUT_SECONDS, work)

    async def _export(self, account: UUID | None, work: Callable[[], Awaitable[T]]) -> T:
        if account is not None:
            await self._shares.of(account).rest()
        async with self._exports:
            began = time.monotonic()
            try:
                return await work()
            finally:
                if account is not None:
                    self._shares.of(account).charge(time.monotonic() - began)

    async def _within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        task.add_done_callback(_consume_exception)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()  # closes the connection; the server notices, and ends the query
            raise Unavailable("The database")
        try:
            return task.result()
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


def _consume_exception(work: "asyncio.Task[Any]") -> None:
    """Fetch the exception of abandoned work, so that asyncio does not report it."""
    if not work.cancelled():
        work.exception()
