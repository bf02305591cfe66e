"""One at a time: who delivers a notification holds it, and whoever dies lets go of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from infrastructure.postgres.connections import Connect

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 4))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 4))"


class AdvisoryLocks:
    """Session locks of PostgreSQL, all on one connection: with the process they are gone."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._held: set[UUID] = set()  # a session never refuses itself

    @asynccontextmanager
    async def lock(self, what: UUID) -> AsyncIterator[bool]:
        """Yield whether we are the only one to deal with it inside the block."""
        if what in self._held:
            yield False
            return
        self._held.add(what)
        try:
            mine = await self._query(_LOCK, what)
            try:
                yield mine
            finally:
                if mine:
                    await self._unlock(what)
        finally:
            self._held.discard(what)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _unlock(self, what: UUID) -> None:
        try:
            await self._query(_UNLOCK, what)
        except (psycopg.Error, OSError):
            self._connection = None  # the locks went with the connection

    async def _query(self, question: str, what: UUID) -> bool:
        async with self._turn:
            if self._connection is None or self._connection.closed:
                self._connection = await self._connect()
            cursor = await self._connection.execute(question, (str(what),), prepare=True)
            found = await cursor.fetchone()
        return bool(found and found[0])
