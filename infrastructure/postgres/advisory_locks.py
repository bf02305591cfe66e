"""Advisory locks: one process at a time works on a key, and a dead process holds no lock."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import Connection

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 4))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 4))"


class AdvisoryLocks:
    """Session locks of PostgreSQL for threads, all on the same connection: they end with it."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._mutex = threading.Lock()  # guards the connection and the set of held keys
        self._held: set[UUID] = set()  # PostgreSQL grants a session its own lock again

    @contextmanager
    def lock(self, key: UUID) -> Iterator[bool]:
        """Yield True if the lock is ours inside the block, False if another thread or process
        holds it.

        Raises:
            psycopg.Error: the database cannot be reached.
        """
        acquired = self._acquire(key)
        try:
            yield acquired
        finally:
            if acquired:
                self._release(key)

    def close(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.close()

    def _acquire(self, key: UUID) -> bool:
        with self._mutex:
            if key in self._held or not self._query(_LOCK, key):
                return False
            self._held.add(key)
            return True

    def _release(self, key: UUID) -> None:
        with self._mutex:
            self._held.discard(key)
            try:
                self._query(_UNLOCK, key)
            except (psycopg.Error, OSError):
                self._connection = None  # its locks ended with it

    def _query(self, sql: str, key: UUID) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        found = self._connection.execute(sql, (str(key),), prepare=True).fetchone()
        return bool(found and found[0])
