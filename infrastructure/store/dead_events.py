"""The events no view could be given: set aside with their errors, and tried again on request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.store.event_log import Undecodable, topic

LONGEST_ERROR = 2_000


class DeadEvent(Record):
    view: str
    position: int
    stream: UUID
    version: int
    topic: str
    error: str
    at: datetime
    discarded_at: datetime | None


async def park(
    connection: AsyncConnection, view: str, entry: Recorded | Undecodable, error: str
) -> None:
    await connection.execute(
        "INSERT INTO dead_events (view, position, stream, version, topic, error)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (view, position)"
        " DO UPDATE SET error = excluded.error, at = excluded.at, discarded_at = NULL",
        (
            view,
            entry.position,
            entry.originator_id,
            entry.originator_version,
            topic(entry),
            error.replace("\x00", "")[:LONGEST_ERROR],
        ),
    )


async def dead_events(
    connection: AsyncConnection, *, view: str | None = None, discarded: bool = False
) -> Sequence[DeadEvent]:
    """Return what is set aside, in the order of the log; with or without what was discarded."""
    async with connection.cursor(row_factory=class_row(DeadEvent)) as cursor:
        await cursor.execute(
            "SELECT view, position, stream, version, topic, error, at, discarded_at"
            " FROM dead_events WHERE (%(view)s::text IS NULL OR view = %(view)s)"
            " AND (%(discarded)s OR discarded_at IS NULL) ORDER BY position, view",
            {"view": view, "discarded": discarded},
        )
        return await cursor.fetchall()


async def discard(connection: AsyncConnection, view: str, position: int) -> bool:
    """Count this event no more; False when it is not set aside. It stays on record."""
    cursor = await connection.execute(
        "UPDATE dead_events SET discarded_at = clock_timestamp()"
        " WHERE view = %s AND position = %s AND discarded_at IS NULL",
        (view, position),
    )
    return cursor.rowcount == 1


async def clear(connection: AsyncConnection, view: str, positions: Sequence[int]) -> None:
    """Strike those that were dealt with after all."""
    await connection.execute(
        "DELETE FROM dead_events WHERE view = %s AND position = ANY(%s)", (view, list(positions))
    )


async def clear_until(connection: AsyncConnection, view: str, *, until: int) -> None:
    """Strike what a rebuild up to the position `until` has shown to be digestible."""
    await connection.execute(
        "DELETE FROM dead_events WHERE view = %s AND position <= %s", (view, until)
    )
