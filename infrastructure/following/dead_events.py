"""Dead events: those that a view, a reaction or the relay could not take in, with their errors."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.following.checkpoints import advance
from infrastructure.store.event_log import Undecodable, topic

MAX_ERROR_LENGTH = 2_000  # characters


class DeadEvent(Record):
    """An event parked for `view`, which is the name of a view, of a reaction or of the relay."""

    view: str
    position: int
    stream: UUID
    version: int
    topic: str
    error: str
    at: datetime
    discarded_at: datetime | None


class Failure(Record):
    """A log entry that a reaction or the relay could not process, and why."""

    entry: Recorded | Undecodable
    error: str


async def park(
    connection: AsyncConnection, view: str, entry: Recorded | Undecodable, error: str
) -> None:
    """Park an event with its error, so that the reader can go on with the next one."""
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
            error.replace("\x00", "")[:MAX_ERROR_LENGTH],
        ),
    )


async def advance_past(
    connection: AsyncConnection, reader: str, failures: Sequence[Failure], *, start: int, end: int
) -> None:
    """Move the position of a reader from `start` to `end`, and park what it failed to process.

    Raises:
        CheckpointMoved: the position was not `start`.
    """
    if not failures:
        await advance(connection, reader, start=start, end=end)
        return
    async with connection.transaction():
        await advance(connection, reader, start=start, end=end)
        for failure in failures:
            await park(connection, reader, failure.entry, failure.error)


async def dead_events(
    connection: AsyncConnection, *, view: str | None = None, discarded: bool = False
) -> Sequence[DeadEvent]:
    """Return the parked events in the order of the log; `discarded` includes the discarded ones."""
    async with connection.cursor(row_factory=class_row(DeadEvent)) as cursor:
        await cursor.execute(
            "SELECT view, position, stream, version, topic, error, at, discarded_at"
            " FROM dead_events WHERE (%(view)s::text IS NULL OR view = %(view)s)"
            " AND (%(discarded)s OR discarded_at IS NULL) ORDER BY position, view",
            {"view": view, "discarded": discarded},
        )
        return await cursor.fetchall()


async def parked_streams(
    connection: AsyncConnection, view: str, *, after: int, until: int, but: Collection[str]
) -> Sequence[UUID]:
    """Return the streams with events, discarded ones too, that `view` lacks in (after, until].

    Topics in `but` are left out.
    """
    cursor = await connection.execute(
        "SELECT DISTINCT stream FROM dead_events"
        " WHERE view = %s AND position > %s AND position <= %s AND topic <> ALL(%s)",
        (view, after, until, list(but)),
    )
    return [stream for (stream,) in await cursor.fetchall()]


async def discard(connection: AsyncConnection, view: str, position: int) -> bool:
    """Stop counting a parked event, but keep its row; return False if there is no such event."""
    cursor = await connection.execute(
        "UPDATE dead_events SET discarded_at = clock_timestamp()"
        " WHERE view = %s AND position = %s AND discarded_at IS NULL",
        (view, position),
    )
    return cursor.rowcount == 1


async def clear(connection: AsyncConnection, view: str, positions: Sequence[int]) -> None:
    """Delete the parked events at these positions: they were taken in after all."""
    await connection.execute(
        "DELETE FROM dead_events WHERE view = %s AND position = ANY(%s)", (view, list(positions))
    )


async def replace_parked(
    connection: AsyncConnection, view: str, failures: Sequence[Failure], *, until: int
) -> Sequence[DeadEvent]:
    """Replace the parked events up to the position `until` by these; return them as they are now.

    The others were taken in by a rebuild. One that was discarded before remains discarded.
    """
    cursor = await connection.execute(
        "DELETE FROM dead_events WHERE view = %s AND position <= %s"
        " RETURNING position, discarded_at",
        (view, until),
    )
    discarded = {position: at for position, at in await cursor.fetchall() if at is not None}
    for failure in failures:
        await park(connection, view, failure.entry, failure.error)
    for position in discarded.keys() & {failure.entry.position for failure in failures}:
        await discard(connection, view, position)
    return await dead_events(connection, view=view, discarded=True)


async def clear_stream(connection: AsyncConnection, view: str, stream: UUID) -> None:
    """Delete the parked events of a stream: the view has folded all of it again."""
    await connection.execute(
        "DELETE FROM dead_events WHERE view = %s AND stream = %s", (view, stream)
    )
