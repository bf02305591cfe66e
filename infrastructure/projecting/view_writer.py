"""Takes a stretch of the log into a view's table: rows and position in one transaction."""

from collections.abc import Sequence
from typing import ClassVar, Generic

import psycopg
from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from infrastructure.following.checkpoints import (
    LAZY_SECONDS,
    CheckpointMoved,
    LazyPosition,
    advance,
)
from infrastructure.following.dead_events import Failure, park
from infrastructure.following.event_filter import EventFilter
from infrastructure.projecting.partitions import Partitions
from infrastructure.projecting.view_fold import fold
from infrastructure.projecting.view_step import ViewStep
from infrastructure.projecting.view_table import HOME, ViewTable
from infrastructure.store.event_log import EventLog, Undecodable
from projections.view import Key, Row, View

# Database errors that a row causes. All others come from the moment or from the schema: they
# would hit every event alike, so they park no event.
ROW_ERRORS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
)


class ViewWriter(Generic[Row]):
    """Writes one view's table, in `schema`, under the position named `reader`.

    An event the view cannot take in is parked, and the view goes on without it.
    """

    position_interval_seconds: ClassVar[float] = LAZY_SECONDS

    def __init__(
        self, view: View[Row], log: EventLog, *, schema: str = HOME, reader: str | None = None
    ) -> None:
        self.view = view
        self.reader = reader or view.name
        self.table = ViewTable(view, schema)
        self._step = ViewStep(self.table, self.reader)
        self._log = log
        self._filter = EventFilter(view)
        self._partitions = Partitions(schema, view.name)
        self._position = LazyPosition(self.position_interval_seconds)

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Take in at most `limit` events beyond `start`; return the position reached.

        Raises:
            CheckpointMoved: the position is no longer `start`.
        """
        page = await self._log.read(connection, start, limit=limit)
        entries = self._filter.of_page(page)
        at_end = page.horizon == start
        start = self._position.written(start)
        if not entries and not at_end and self._position.may_skip(start, page.horizon):
            return page.horizon
        if page.horizon > start:
            await self.take_in(connection, entries, start, page.horizon)
            self._position.moved()
        return page.horizon

    async def write(
        self, connection: AsyncConnection, entries: Sequence[Recorded | Undecodable]
    ) -> None:
        """Fold these entries into the rows, inside the transaction the caller has begun."""
        facts = [entry for entry in entries if isinstance(entry, Recorded)]
        keys = {self.view.key(recorded) for recorded in facts}
        folded = fold(self.view, await self.table.load(connection, keys), facts)
        await self.table.write(connection, folded.upserts)
        await self.table.delete(connection, folded.deletes)

    async def create_partitions(
        self, connection: AsyncConnection, entries: Sequence[Recorded | Undecodable]
    ) -> None:
        """Create the partitions these entries need; before the transaction, not inside it."""
        moments = [entry.recorded_at for entry in entries if isinstance(entry, Recorded)]
        await self._partitions.create_for(connection, moments)

    async def take_in(
        self,
        connection: AsyncConnection,
        entries: Sequence[Recorded | Undecodable],
        start: int,
        end: int,
    ) -> None:
        """Take these in, and halve them again and again to find an entry that fails."""
        if not entries:
            return await advance(connection, self.reader, start=start, end=end)
        try:
            await self._take_in_at_once(connection, entries, start, end)
        except CheckpointMoved:
            raise
        except Exception as error:
            if isinstance(error, psycopg.Error) and not isinstance(error, ROW_ERRORS):
                raise
            if len(entries) == 1:
                async with connection.transaction():
                    await self._step.move(connection, start=start, end=end)
                    await self._reject(connection, entries[0], repr(error))
            else:
                half = len(entries) // 2
                middle = entries[half - 1].position
                await self.take_in(connection, entries[:half], start, middle)
                await self.take_in(connection, entries[half:], middle, end)

    async def _take_in_at_once(
        self,
        connection: AsyncConnection,
        entries: Sequence[Recorded | Undecodable],
        start: int,
        end: int,
    ) -> None:
        await self.create_partitions(connection, entries)
        facts = [entry for entry in entries if isinstance(entry, Recorded)]
        keys = self._keys_to_load(facts)
        before, version = await self._step.load(connection, keys, start=start)
        folded = fold(self.view, before, facts)
        if len(facts) == len(entries) and not folded.deletes:
            await self._step.write(
                connection, folded.upserts, start=start, end=end, version=version
            )
            return
        async with connection.transaction():
            await self._step.move(connection, start=start, end=end, version=version)
            for entry in entries:
                if isinstance(entry, Undecodable):
                    await self._reject(connection, entry, entry.error)
            await self.table.write(connection, folded.upserts)
            await self.table.delete(connection, folded.deletes)

    def _keys_to_load(self, facts: Sequence[Recorded]) -> set[Key]:
        """Return the keys of rows that may exist: those of a stream that begins here do not."""
        if self.view.spans_streams:
            return {self.view.key(recorded) for recorded in facts}
        begun = {fact.originator_id.int for fact in facts if fact.originator_version == 1}
        return {self.view.key(fact) for fact in facts if fact.originator_id.int not in begun}

    async def _reject(
        self, connection: AsyncConnection, entry: Recorded | Undecodable, error: str
    ) -> None:
        await park(connection, self.view.name, entry, error)


class ShadowWriter(ViewWriter[Row]):
    """Writes a shadow of the view's table; collects the events that the live view would park.

    Its position, kept under the name of the schema, is never behind what it has read.
    """

    position_interval_seconds = 0.0

    def __init__(self, view: View[Row], log: EventLog, *, schema: str) -> None:
        super().__init__(view, log, schema=schema, reader=schema)
        # By position, because a batch that fails is tried again in smaller parts.
        self.failures: dict[int, Failure] = {}

    async def _reject(
        self, connection: AsyncConnection, entry: Recorded | Undecodable, error: str
    ) -> None:
        self.failures[entry.position] = Failure(entry=entry, error=error)
