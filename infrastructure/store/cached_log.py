"""The end of the log, read and decoded once for all who follow it in one process."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from infrastructure.store.event_log import EventLog, Page, Undecodable
from infrastructure.store.mapper import RecordMapper

KEPT = 5_000  # events in memory, at least the last of them

_position = attrgetter("position")


class CachedLog(EventLog):
    """An EventLog that remembers its end.

    What is settled never changes, so whoever comes to a stretch that another has read just
    now is given the same objects. Whoever is far behind reads on his own.
    """

    def __init__(self, mapper: RecordMapper) -> None:
        super().__init__(mapper)
        self._entries: list[Recorded | Undecodable] = []
        self._beyond = 0  # everything settled in (beyond, horizon] is in memory
        self._horizon = 0
        self._turn = asyncio.Lock()

    async def read(self, connection: AsyncConnection, after: int, *, limit: int = 5_000) -> Page:
        if after >= self._horizon:
            async with self._turn:
                if after >= self._horizon:  # nobody has read it while we waited
                    page = await super().read(connection, after, limit=limit)
                    self._remember(after, page)
                    return page
        # Asked last of all: while we waited, memory may have moved on beyond what we want.
        if after < self._beyond:
            return await super().read(connection, after, limit=limit)
        return self._remembered(after, limit)

    def _remembered(self, after: int, limit: int) -> Page:
        start = bisect_right(self._entries, after, key=_position)
        entries: Sequence[Recorded | Undecodable] = self._entries[start : start + limit]
        full = len(entries) == limit
        return Page(entries=entries, horizon=entries[-1].position if full else self._horizon)

    def _remember(self, after: int, page: Page) -> None:
        if after != self._horizon:  # someone was ahead of us all: begin anew from there
            self._entries, self._beyond = [], after
        self._entries += page.entries
        self._horizon = page.horizon
        if len(self._entries) > 2 * KEPT:
            self._beyond = self._entries[-KEPT - 1].position
            del self._entries[:-KEPT]
