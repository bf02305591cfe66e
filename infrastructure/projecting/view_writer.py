"""Takes a stretch of the log into a view's table: rows and position in one transaction."""

import time
from collections.abc import Sequence
from typing import Generic

import psycopg
from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from infrastructure.projecting.partitions import Partitions
from infrastructure.projecting.view_fold import ProjectionError, fold
from infrastructure.projecting.view_table import HOME, ViewTable
from infrastructure.store.checkpoints import CheckpointMoved, advance
from infrastructure.store.dead_events import park
from infrastructure.store.event_log import EventFilter, EventLog, Undecodable
from projections.view import Row, View

WRITE_INTERVAL_SECONDS = 0.1  # seconds

# Database errors that are the fault of a row. All others are the fault of the moment, or of
# the schema: they would befall every event alike, so nothing is set aside on their account.
OF_THE_ROW = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
)


class ViewWriter(Generic[Row]):
    """Writes one view's table, in `schema`, under the position named `reader`."""

    def __init__(
        self, view: View[Row], log: EventLog, *, schema: str = HOME, reader: str | None = None
    ) -> None:
        self.view = view
        self.reader = reader or view.name
        self.table = ViewTable(view, schema)
        self._log = log
        self._concern = EventFilter(view)
        self._partitions = Partitions(schema, view.name)
        self._moved_at = 0.0
        self._skipped: tuple[int, int] | None = None  # from where to where it did not move

    async def advance(
        self, connection: AsyncConnection, start: int, *, limit: int, strict: bool = False
    ) -> int:
        """Take in at most `limit` events beyond `start`; return how far the view now is.

        An event the view cannot be given is set aside, or with `strict` ends it all. Where
        nothing concerns the view, its position moves only a few times a second: at most
        that little is read again after a crash.

        Raises:
            Overtaken: the position is no longer `start`.
            Indigestible: only with `strict`.
        """
        page = await self._log.read(connection, start, limit=limit)
        entries = self._concern.select(page.entries)
        if self._skipped and self._skipped[1] == start:
            start = self._skipped[0]
        now = time.monotonic()
        if not entries and not strict and now - self._moved_at < WRITE_INTERVAL_SECONDS:
            self._skipped = (start, page.horizon)
        elif page.horizon > start:
            await self._take(connection, entries, start, page.horizon, strict)
            self._skipped, self._moved_at = None, now
        return page.horizon

    async def write(
        self, connection: AsyncConnection, entries: Sequence[Recorded | Undecodable]
    ) -> None:
        """Fold these entries into the rows, inside the transaction the caller has begun."""
        facts = [entry for entry in entries if isinstance(entry, Recorded)]
        keys = {self.view.key(recorded) for recorded in facts}
        folded = fold(self.view, await self.table.load(connection, keys), facts)
        await self.table.write(connection, folded.rows)
        await self.table.delete(connection, folded.gone)

    async def make_room(
        self, connection: AsyncConnection, entries: Sequence[Recorded | Undecodable]
    ) -> None:
        """Make the partitions these entries need; before the transaction, not inside it."""
        moments = [entry.recorded_at for entry in entries if isinstance(entry, Recorded)]
        await self._partitions.make_for(connection, moments)

    async def _take(
        self,
        connection: AsyncConnection,
        entries: Sequence[Recorded | Undecodable],
        start: int,
        end: int,
        strict: bool,
    ) -> None:
        """Take these in, halving them as long as one of them cannot be."""
        if not entries:
            return await advance(connection, self.reader, start=start, end=end)
        try:
            await self._take_at_once(connection, entries, start, end, strict)
        except (ProjectionError, CheckpointMoved):
            raise
        except Exception as error:
            if isinstance(error, psycopg.Error) and not isinstance(error, OF_THE_ROW):
                raise
            if len(entries) > 1:
                half = len(entries) // 2
                middle = entries[half - 1].position
                await self._take(connection, entries[:half], start, middle, strict)
                await self._take(connection, entries[half:], middle, end, strict)
            elif strict:
                raise ProjectionError.event(self.view.name, entries[0], repr(error)) from error
            else:
                async with connection.transaction():
                    await advance(connection, self.reader, start=start, end=end)
                    await park(connection, self.view.name, entries[0], repr(error))

    async def _take_at_once(
        self,
        connection: AsyncConnection,
        entries: Sequence[Recorded | Undecodable],
        start: int,
        end: int,
        strict: bool,
    ) -> None:
        await self.make_room(connection, entries)
        async with connection.transaction():
            await advance(connection, self.reader, start=start, end=end)
            for entry in entries:
                if isinstance(entry, Undecodable):
                    if strict:
                        raise ProjectionError.event(self.view.name, entry, entry.error)
                    await park(connection, self.view.name, entry, entry.error)
            await self.write(connection, entries)
