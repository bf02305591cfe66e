"""Loads the history of a stream as a query of the account that asks for it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from psycopg import AsyncConnection

from application.ports.event_store import LAST_VERSION
from application.ports.unreadable import UnreadableEvent
from domain.events.recorded import Recorded
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.mapper import RecordMapper
from projections.pauses import Pauses

SELECT = """
SELECT originator_version, topic, state, notification_id FROM stored_events
WHERE originator_id = %b AND originator_version > %b AND originator_version <= %b
ORDER BY originator_version
"""


class HistoryReader:
    """Implements `application.ports.StreamReader` with the connections for queries.

    A history may have megabytes. The event store reads the streams of all commands on one
    connection, where everybody would wait for it; here it uses the share of its account.
    """

    def __init__(self, queries: QueryRunner, mapper: RecordMapper) -> None:
        self._queries = queries
        self._mapper = mapper

    async def load(
        self, stream_id: UUID, *, after: int = 0, until: int = LAST_VERSION
    ) -> Sequence[Recorded]:
        return await self._queries.run(self._load, stream_id, after, until)

    async def _load(
        self, connection: AsyncConnection[Any], stream: UUID, after: int, until: int
    ) -> Sequence[Recorded]:
        cursor = await connection.execute(SELECT, (stream, after, until), prepare=True, binary=True)
        pauses, found = Pauses(), list[Recorded]()
        async for version, topic, state, position in cursor:
            try:
                stored = StoredEvent(stream, version, topic, state)
                found.append(self._mapper.to_recorded(stored, position))
            except MapperDeserialisationError as error:
                raise UnreadableEvent(stream, version, topic, position) from error
            if pauses.due(len(state)):
                await pauses.pause()
        return found
