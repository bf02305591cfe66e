"""Runs queries on pooled connections, and reports in time that the database does not answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
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
        has_place = False

        async def work() -> T:
            nonlocal has_place
            has_place = True
            return await self._run(query, *arguments, **named)

        try:
            return await self._within(self._timeout_seconds, self._shares.hold(account, work))
        except Unavailable:
            if not has_place:
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

    async def _within(self, seconds: float, work: Awaitable[T]) -> T:
        """Return the result of work that is cancelled when its time is over: its connection is
        closed at once then; the server notices, and ends the query."""
        try:
            async with asyncio.timeout(seconds):
                return await work
        except UNAVAILABLE_ERRORS as error:  # the timeout is one of them
            raise Unavailable("The database") from error

    async def _run(
        self,
        query: Callable[Concatenate[AsyncConnection[Any], P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        try:
            return await self._run_once(query, *arguments, **named)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            # A connection that died while idle fails only now; a new one settles it.
            await self._pool.check()
            return await self._run_once(query, *arguments, **named)

    async def _run_once(
        self,
        query: Callable[Concatenate[AsyncConnection[Any], P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        connection = await self._pool.getconn()
        try:
            if epoch_of(connection) != self.epoch:
                await connection.close()  # the pool opens another one
                raise psycopg.OperationalError("the database has another history now")
            if _relied_on.get() not in {None, self.epoch}:
                raise Unavailable("The database")
            return await query(connection, *arguments, **named)
        finally:
            # In autocommit there is nothing to commit. The pool ends a transaction left open.
            await self._pool.putconn(connection)
