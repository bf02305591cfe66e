"""The event store: loads streams and appends to them, each in batches on its own connection."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from application.ports import Unavailable
from domain.events.recorded import Recorded
from infrastructure.postgres.connections import Connect
from infrastructure.store.batching import Batcher, Pending
from infrastructure.store.group_commit import GroupCommit
from infrastructure.store.mapper import RecordMapper

# LATERAL: one descent of the primary key for each stream. For a plain join the planner, which
# cannot know how few streams are wanted, reads the whole log.
SELECT = """
SELECT past.*
FROM unnest(%b::uuid[], %b::bigint[]) AS wanted (originator_id, beyond)
CROSS JOIN LATERAL (
    SELECT e.originator_id, e.originator_version, e.topic, e.state, e.notification_id
    FROM stored_events e
    WHERE e.originator_id = wanted.originator_id AND e.originator_version > wanted.beyond
    ORDER BY e.originator_version
    OFFSET 0
) AS past
"""


class PostgresEventStore:
    """Implements `application.ports.EventStore` on PostgreSQL."""

    def __init__(
        self, connect: Connect, mapper: RecordMapper, *, timeout_seconds: float = 1.5
    ) -> None:
        self._connect = connect
        self._mapper = mapper
        self._timeout_seconds = timeout_seconds
        self.commits = GroupCommit(connect, timeout_seconds=timeout_seconds)
        self._loads: Batcher[tuple[UUID, int], Sequence[Recorded]] = Batcher(
            self._load_all, most=256, name="load"
        )
        self._reader: AsyncConnection | None = None

    async def load(self, stream_id: UUID, *, after: int = 0) -> Sequence[Recorded]:
        return await self._loads.submit((stream_id, after))

    async def append(self, events: Sequence[Recorded]) -> Sequence[int]:
        stored = [self._mapper.to_stored_event(event) for event in events]
        return await self.commits.append(stored)

    async def close(self) -> None:
        await self.commits.close()
        if self._reader is not None:
            await self._reader.close()

    async def _load_all(
        self, group: Sequence[Pending[tuple[UUID, int], Sequence[Recorded]]]
    ) -> None:
        work = asyncio.create_task(self._select([pending.item for pending in group]))
        done, _ = await asyncio.wait({work}, timeout=self._timeout_seconds)
        if not done:
            work.cancel()
            self._reader = None
            raise Unavailable("The event store")
        try:
            streams = work.result()
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise Unavailable("The event store") from error
        for pending in group:
            stream, after = pending.item
            found = streams.get(stream, [])
            pending.succeed([past for past in found if past.originator_version > after])

    async def _select(self, wanted: Sequence[tuple[UUID, int]]) -> dict[UUID, list[Recorded]]:
        # Two callers may want a stream from different versions on: read from the lower one.
        beyond: dict[UUID, int] = {}
        for stream, after in wanted:
            beyond[stream] = min(after, beyond.get(stream, after))
        arguments = (list(beyond.keys()), list(beyond.values()))
        try:
            cursor = await (await self._read()).execute(
                SELECT, arguments, prepare=True, binary=True
            )
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._reader = None  # an idle connection may have died; a new one settles it
            cursor = await (await self._read()).execute(
                SELECT, arguments, prepare=True, binary=True
            )
        streams: dict[UUID, list[Recorded]] = {}
        for stream, version, topic, state, position in await cursor.fetchall():
            stored = StoredEvent(stream, version, topic, state)
            streams.setdefault(stream, []).append(self._mapper.to_recorded(stored, position))
        return streams

    async def _read(self) -> AsyncConnection:
        if self._reader is None or self._reader.closed:
            self._reader = await self._connect()
        return self._reader
