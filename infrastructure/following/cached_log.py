"""The end of the log in memory: read and decoded once for all readers of a process."""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from operator import attrgetter

from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from infrastructure.postgres.connections import epoch_of
from infrastructure.store.event_log import EventLog, Page, Undecodable
from infrastructure.store.mapper import RecordMapper

# About so many of the last ones are in memory: more than views are late that can wait.
CACHED_EVENTS = 10_000
CACHED_BYTES = 32 * 1024 * 1024  # fewer if they are larger than this together, as stored

_position = attrgetter("position")


class CachedLog(EventLog):
    """An EventLog that remembers its end.

    Settled events never change, so a reader gets the objects that another reader has read just
    before. A reader that is far behind reads from the database. When a connection belongs to
    another history of the database, memory starts anew.
    """

    def __init__(self, mapper: RecordMapper) -> None:
        super().__init__(mapper)
        self._entries: list[Recorded | Undecodable] = []
        self._pages: deque[Page] = deque()  # of which the entries are
        self._bytes = 0
        self._beyond = 0  # everything settled in (beyond, horizon] is in memory
        self._horizon = 0
        self._epoch = 0  # of the connections over which it was read
        self._turn = asyncio.Lock()

    async def read(self, connection: AsyncConnection, after: int, *, limit: int = 5_000) -> Page:
        epoch = epoch_of(connection)
        if epoch > self._epoch:
            self._forget(epoch)
        if after >= self._horizon:
            async with self._turn:
                if after >= self._horizon:  # no other reader has read it while we waited
                    page = await super().read(connection, after, limit=limit)
                    if epoch == self._epoch:  # else it is of a history that is over
                        self._remember(after, page)
                    return page
        # Checked last: while we waited, memory may have moved beyond what we want.
        if after < self._beyond or epoch != self._epoch:
            return await super().read(connection, after, limit=limit)
        return self._remembered(after, limit)

    def _forget(self, epoch: int) -> None:
        self._begin_after(0)
        self._horizon, self._epoch = 0, epoch

    def _begin_after(self, position: int) -> None:
        self._entries, self._beyond = [], position
        self._pages.clear()
        self._bytes = 0

    def _remembered(self, after: int, limit: int) -> Page:
        start = bisect_right(self._entries, after, key=_position)
        entries: Sequence[Recorded | Undecodable] = self._entries[start : start + limit]
        horizon = entries[-1].position if len(entries) == limit else self._horizon
        return Page(entries=entries, horizon=horizon, types=self._types_beyond(after))

    def _types_beyond(self, position: int) -> frozenset[type[Event]] | None:
        types: frozenset[type[Event]] = frozenset()
        for page in takewhile(lambda page: page.horizon > position, reversed(self._pages)):
            if page.types is None:
                return None
            types |= page.types
        return types

    def _remember(self, after: int, page: Page) -> None:
        if after != self._horizon:  # this reader is ahead of all others: start again from there
            self._begin_after(after)
        if page.horizon == self._horizon == after:
            return  # nothing new
        self._entries += page.entries
        self._pages.append(page)
        self._bytes += page.size
        self._horizon = page.horizon
        while len(self._pages) > 1 and (
            len(self._entries) - len(self._pages[0].entries) >= CACHED_EVENTS
            or self._bytes > CACHED_BYTES
        ):
            oldest = self._pages.popleft()
            self._beyond = oldest.horizon
            self._bytes -= oldest.size
            del self._entries[: len(oldest.entries)]
