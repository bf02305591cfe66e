"""Wakes the readers of a process when the log has grown: one connection watches it for all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import psycopg
import structlog
from psycopg import AsyncConnection

from infrastructure.postgres.connections import connect
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.postgres.outages import OUTAGE
from infrastructure.store.event_log import CHANNEL

log = structlog.get_logger()

POLL_SECONDS = 0.25  # a notification can be lost
MAX_POLL_SECONDS = 1.0  # while nothing happens, and little is lost
RETRY_SECONDS = 0.2  # after the database was lost


class GrowthWatch:
    """Completes a future when the log has grown, and when the database was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._end = 0
        self._pause = POLL_SECONDS
        self.users = 0
        self.task = asyncio.create_task(self._run())

    def next_growth(self) -> "asyncio.Future[None]":
        """Return a future that is done once the log has grown after this call.

        A reader that finds no more events waits for the future that it got before it read.
        """
        return self._next

    async def _run(self) -> NoReturn:
        while True:
            try:
                async with await connect(self._url, name="annals growth watch") as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._notify()  # of what was recorded meanwhile
                    while not connection.outdated:
                        if await self._has_grown(connection):
                            self._notify()
            except (psycopg.Error, OSError) as error:
                OUTAGE.lost(error)
            except Exception:
                log.exception("growth_watch_failed")
            self._notify()
            await asyncio.sleep(RETRY_SECONDS)

    async def _has_grown(self, connection: AsyncConnection) -> bool:
        """Wait for a notification, or until it is time to poll; return whether there is more."""
        if await wait_for_notification(connection, timeout_seconds=self._pause):
            self._pause = POLL_SECONDS
            return True
        cursor = await connection.execute("SELECT annals_log_end()", prepare=True)
        before, self._end = self._end, (await cursor.fetchone() or (0,))[0]
        grown: bool = self._end != before
        self._pause = POLL_SECONDS if grown else min(2 * self._pause, MAX_POLL_SECONDS)
        return grown

    def _notify(self) -> None:
        growth, self._next = self._next, asyncio.get_running_loop().create_future()
        growth.set_result(None)


_watches: dict[tuple[asyncio.AbstractEventLoop, str], GrowthWatch] = {}


@asynccontextmanager
async def growth_watch(url: str) -> AsyncIterator[GrowthWatch]:
    """Share the watch of this event loop for a database; it ends with its last user."""
    key = asyncio.get_running_loop(), url
    watch = _watches.get(key)
    if watch is None:
        watch = _watches[key] = GrowthWatch(url)
    watch.users += 1
    try:
        yield watch
    finally:
        watch.users -= 1
        if watch.users == 0:
            del _watches[key]
            watch.task.cancel()
            await asyncio.gather(watch.task, return_exceptions=True)
