"""The event store: loads streams and appends to them, each in batches on its own connection."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent

from application.ports.event_store import LAST_VERSION
from application.ports.unavailable import Unavailable
from application.ports.unreadable import UnreadableEvent
from domain.events.recorded import Recorded
from infrastructure.postgres.connections import Connect, DatabaseConnection
from infrastructure.postgres.histories import HistoryWatch
from infrastructure.store.append import confirm
from infrastructure.store.batching import Batcher, Pending
from infrastructure.store.group_commit import GroupCommit
from infrastructure.store.load import Row, Versions, load
from infrastructure.store.mapper import RecordMapper

Result = TypeVar("Result")


class PostgresEventStore:
    """Implements `application.ports.EventStore` on PostgreSQL."""

    def __init__(
        self, connect: Connect, mapper: RecordMapper, *, timeout_seconds: float = 1.5
    ) -> None:
        self._connect = connect
        self._mapper = mapper
        self._timeout_seconds = timeout_seconds
        self.commits = GroupCommit(connect, timeout_seconds=timeout_seconds)
        self._loads: Batcher[Versions, Sequence[Recorded]] = Batcher(
            self._load_all, most=256, name="load"
        )
        self._confirmations: Batcher[None, None] = Batcher(
            self._confirm_all, most=256, name="confirm"
        )
        self._reader: DatabaseConnection | None = None
        self._confirmer: DatabaseConnection | None = None
        self._confirming: asyncio.Task[None] | None = None
        self._watch: HistoryWatch | None = None

    @property
    def epoch(self) -> int:
        return self._watch.epoch if self._watch is not None else 0

    async def load(
        self, stream_id: UUID, *, after: int = 0, until: int = LAST_VERSION
    ) -> Sequence[Recorded]:
        return await self._loads.submit((stream_id, after, until))

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        stored = [self._mapper.to_stored_event(event) for event in events]
        return await self.commits.append(stored, epoch=epoch)

    async def confirm(self) -> None:
        await self._confirmations.submit(None)

    async def close(self) -> None:
        await self.commits.close()
        if self._confirming is not None:
            self._confirming.cancel()  # closes the client side of its connection
        for connection in (self._reader, self._confirmer):
            if connection is not None:
                await connection.close()

    async def _load_all(self, group: Sequence[Pending[Versions, Sequence[Recorded]]]) -> None:
        streams = await self._in_time(self._select([pending.item for pending in group]))
        for pending in group:
            stream, after, until = pending.item
            found, unreadable = streams.get(stream, ([], None))
            if unreadable is not None and unreadable.version <= until:
                pending.fail(unreadable)
            else:
                pending.succeed(
                    [past for past in found if after < past.originator_version <= until]
                )

    async def _select(
        self, wanted: Sequence[Versions]
    ) -> dict[UUID, tuple[list[Recorded], UnreadableEvent | None]]:
        """Return the events of each stream, up to the first that this release cannot read."""
        # Callers may want different versions of a stream: read from the lowest to the highest.
        beyond: dict[UUID, int] = {}
        last: dict[UUID, int] = {}
        for stream, after, until in wanted:
            beyond[stream] = min(after, beyond.get(stream, after))
            last[stream] = max(until, last.get(stream, until))
        versions = [(stream, after, last[stream]) for stream, after in beyond.items()]
        streams: dict[UUID, tuple[list[Recorded], UnreadableEvent | None]] = {}
        for stream, version, topic, state, position in await self._rows(versions):
            past, unreadable = streams.setdefault(stream, ([], None))
            if unreadable is not None:
                continue
            stored = StoredEvent(stream, version, topic, state)
            try:
                past.append(self._mapper.to_recorded(stored, position))
            except MapperDeserialisationError:
                streams[stream] = past, UnreadableEvent(stream, version, topic, position)
        return streams

    async def _confirm_all(self, group: Sequence[Pending[None, None]]) -> None:
        # Of those that wait for a standby which is away, each would use up a connection.
        if self._confirming is not None and not self._confirming.done():
            raise Unavailable("The event store")
        self._confirming = asyncio.create_task(self._confirm_once())
        done, _ = await asyncio.wait({self._confirming}, timeout=self._timeout_seconds)
        if not done:
            self._confirming.add_done_callback(lambda task: task.cancelled() or task.exception())
            raise Unavailable("The event store")
        try:
            self._confirming.result()
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise Unavailable("The event store") from error
        for pending in group:
            pending.succeed(None)

    async def _confirm_once(self) -> None:
        """Confirm on a connection of its own, which loads need not wait for."""
        if self._confirmer is not None and self._confirmer.outdated:
            await self._confirmer.close()
        if self._confirmer is None or self._confirmer.closed:
            self._confirmer = await self._connect()
        try:
            await confirm(self._confirmer)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._confirmer = await self._connect()  # an idle one may have died
            await confirm(self._confirmer)

    async def _in_time(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Return the result of `work`.

        Raises:
            Unavailable: the database failed, or took longer than the timeout.
        """
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait({task}, timeout=self._timeout_seconds)
        if not done:
            task.cancel()
            self._reader = None
            raise Unavailable("The event store")
        try:
            return task.result()
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise Unavailable("The event store") from error

    async def _rows(self, wanted: Sequence[Versions]) -> Sequence[Row]:
        try:
            return await load(await self._read(), wanted)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._reader = None  # an idle connection may have died; a new one settles it
            return await load(await self._read(), wanted)

    async def _read(self) -> DatabaseConnection:
        if self._reader is not None and self._reader.outdated:
            await self._reader.close()
        if self._reader is None or self._reader.closed:
            self._reader = await self._connect()
            self._watch = self._reader.watch
        return self._reader
