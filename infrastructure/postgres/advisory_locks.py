"""Advisory locks: one process at a time works on a key, and a dead process holds no lock."""

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
    """Session locks of PostgreSQL, all on the same connection: they end with the process."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._held: set[UUID] = set()  # PostgreSQL grants a session its own lock again

    @asynccontextmanager
    async def lock(self, key: UUID) -> AsyncIterator[bool]:
        """Yield True if the lock is ours inside the block, False if another caller holds it."""
        if key in self._held:
            yield False
            return
        self._held.add(key)
        try:
            granted = await self._query(_LOCK, key)
            try:
                yield granted
            finally:
                if granted:
                    await self._unlock(key)
        finally:
            self._held.discard(key)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _unlock(self, key: UUID) -> None:
        try:
            await self._query(_UNLOCK, key)
        except (psycopg.Error, OSError):
            self._connection = None  # the locks went with the connection

    async def _query(self, query: str, key: UUID) -> bool:
        async with self._turn:
            if self._connection is None or self._connection.closed:
                self._connection = await self._connect()
            cursor = await self._connection.execute(query, (str(key),), prepare=True)
            found = await cursor.fetchone()
        return bool(found and found[0])
