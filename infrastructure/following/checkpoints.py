"""The position of each reader in the log, which moves only from where it was last seen."""

import time
from collections.abc import Mapping

from psycopg import AsyncConnection

# The view of due reminders notifies this channel when its rows have changed: the scheduler waits
# for it. A notification of every reader would wake all connections that listen to anything.
CHANNEL = "annals_views"
LAZY_SECONDS = 0.1  # between two moves of a view that finds nothing for it


class CheckpointMoved(Exception):
    """Another process moved the position: the work done from the old one is void."""

    def __init__(self, reader: str, position: int) -> None:
        super().__init__(f"{reader} is no longer at position {position}.")


async def applied(connection: AsyncConnection, view: str) -> int:
    """Return the log position up to which the view shows everything, 0 before it begins."""
    cursor = await connection.execute(
        "SELECT notification_id FROM notification_tracking WHERE application_name = %s",
        (view,),
        prepare=True,
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def lost_readers(connection: AsyncConnection) -> Mapping[str, int]:
    """Return the readers, with their positions, that have read events the log no longer has.

    A position is that of an event. Without one it belongs to a lost history, or lies beyond the
    log: some tables were restored and others not.
    """
    cursor = await connection.execute(
        "SELECT application_name, notification_id FROM notification_tracking t"
        " WHERE notification_id > 0 AND NOT EXISTS ("
        "  SELECT FROM stored_events e WHERE e.notification_id = t.notification_id)"
        " AND (EXISTS (SELECT FROM database_histories h WHERE h.start >= t.notification_id)"
        "  OR t.notification_id > (SELECT coalesce(max(notification_id), 0) FROM stored_events))",
        prepare=True,
    )
    return dict(await cursor.fetchall())


async def begin(connection: AsyncConnection, reader: str) -> int:
    """Return the reader's position; create it at 0 if it does not exist."""
    await connection.execute(
        "INSERT INTO notification_tracking (application_name, notification_id)"
        " VALUES (%s, 0) ON CONFLICT DO NOTHING",
        (reader,),
    )
    return await applied(connection, reader)


async def advance(connection: AsyncConnection, reader: str, *, start: int, end: int) -> None:
    """Move the position from `start` to `end`.

    Call it first in a transaction that writes rows: the row lock of the position makes others
    that would write the same rows wait.

    Raises:
        CheckpointMoved: the position was not `start`.
    """
    cursor = await connection.execute(
        "UPDATE notification_tracking SET notification_id = %s"
        " WHERE application_name = %s AND notification_id = %s",
        (end, reader, start),
        prepare=True,
    )
    if cursor.rowcount != 1:
        raise CheckpointMoved(reader, start)


class LazyPosition:
    """The position of a reader that has read on, because nothing since then concerned it.

    It is written at most once in `interval_seconds` then, and once the reader has come to the end
    of the log: at most that little is read again after a crash. Whatever concerns the reader is
    written at once.
    """

    def __init__(self, interval_seconds: float = LAZY_SECONDS) -> None:
        self._interval_seconds = interval_seconds
        self._skipped: tuple[int, int] | None = None  # read, but the position not yet written
        self._moved_at = 0.0

    def written(self, start: int) -> int:
        """Return the position that was written of a reader that goes on at `start`."""
        return self._skipped[0] if self._skipped and self._skipped[1] == start else start

    def may_skip(self, written: int, end: int) -> bool:
        """Return whether the end of a page without anything for the reader may stay unwritten."""
        if time.monotonic() - self._moved_at >= self._interval_seconds:
            return False
        self._skipped = (written, end)
        return True

    def moved(self) -> None:
        """The position was written."""
        self._skipped, self._moved_at = None, time.monotonic()


async def lock(connection: AsyncConnection, reader: str) -> int:
    """Return the position, and lock it until this transaction ends.

    Its row gets a new version, even if the position remains: what the reader has loaded before
    may be changed by this transaction, so the reader must load it again.
    """
    cursor = await connection.execute(
        "UPDATE notification_tracking SET notification_id = notification_id"
        " WHERE application_name = %s RETURNING notification_id",
        (reader,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
