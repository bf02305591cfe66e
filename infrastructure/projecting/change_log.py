"""Finds what a change touched in the log, for the reaction that finishes undos."""

from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection

from application.ports.event_store import EventStore
from application.reactions.undo_reaction import TouchedStreams
from domain.events.recorded import Recorded
from infrastructure.postgres.connections import connect


class PostgresChangeLog:
    """Implements `application.reactions.undo_reaction.ChangeLog` on the event store, and on the
    database of this address."""

    def __init__(self, url: str, store: EventStore) -> None:
        self._url = url
        self._store = store

    async def history(self, stream: UUID, /) -> Sequence[Recorded]:
        """Return the events of a stream, in order.

        Raises:
            Unavailable: the store cannot be reached.
        """
        return await self._store.load(stream)

    async def touched(
        self, change_id: UUID, /, *, after: int, until: int, most: int
    ) -> TouchedStreams:
        """Return streams that a change touched beyond one position and up to another.

        Raises:
            Unavailable: the database cannot be reached.
        """
        if until <= after:
            return TouchedStreams(streams=(), then=None)
        async with await connect(self._url, name="annals undo") as connection:
            rows = await _events(connection, change_id, after, until, most)
        then = rows[-1][0] if len(rows) == most else None
        return TouchedStreams(streams=list(dict.fromkeys(stream for _, stream in rows)), then=then)


async def _events(
    connection: AsyncConnection, change_id: UUID, after: int, until: int, most: int
) -> Sequence[tuple[int, UUID]]:
    # The stored form names the change: PostgreSQL looks for that, and only few events leave it.
    cursor = await connection.execute(
        "SELECT notification_id, originator_id FROM stored_events"
        " WHERE notification_id > %s AND notification_id <= %s AND position(%s in state) > 0"
        " ORDER BY notification_id LIMIT %s",
        (after, until, f'"change_id":"{change_id}"'.encode(), most),
    )
    return await cursor.fetchall()
