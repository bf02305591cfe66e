"""Notifies the readers of the log after commits, a limited number of times a second."""

import asyncio

import psycopg
from psycopg import AsyncConnection

from infrastructure.postgres.connections import Connect
from infrastructure.store.event_log import CHANNEL

# A notification inside the write transaction would make commits queue up for its lock.
# Sent after the commit, and at most this often, it costs the writers nothing. The first commit
# after a pause is notified at once: somebody may be looking.
NOTIFY_INTERVAL_SECONDS = 0.02


class GrowthNotifier:
    """Notifies the readers of the log that it has grown; they poll as well."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: AsyncConnection | None = None
        self._grown = False
        self._next_at = float("-inf")  # on the clock of the event loop
        self._sending: asyncio.Task[None] | None = None

    def log_has_grown(self) -> None:
        """Notify the readers, once for all commits since the notification before."""
        self._grown = True
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())

    async def close(self) -> None:
        if self._sending is not None:
            await self._sending
        await self._disconnect()

    async def _send(self) -> None:
        """Notify until the log has stopped growing. Only this task uses the connection."""
        clock = asyncio.get_running_loop().time
        try:
            while self._grown:
                await asyncio.sleep(self._next_at - clock())
                self._next_at = clock() + NOTIFY_INTERVAL_SECONDS
                # A commit from here on needs a notification of its own.
                self._grown = False
                try:
                    await self._notify()
                except (psycopg.Error, OSError):
                    await self._disconnect()
        finally:
            self._sending = None

    async def _notify(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
            await self._connection.execute("SET synchronous_commit = off")
        await self._connection.execute(f"NOTIFY {CHANNEL}")

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
