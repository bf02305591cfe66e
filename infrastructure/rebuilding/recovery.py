"""Brings back what has read events that the log no longer has, and lists these events."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.record import Record
from infrastructure.following.checkpoints import CHANNEL, lost_readers
from infrastructure.postgres.connections import connect
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.catalogue import VIEWS
from projections.view import View

log = structlog.get_logger()

_LOG = EventLog(RecordMapper())
_VIEWS = {view.name: view for view in VIEWS}

# The history view has a row for each event of an entity, with the position it had.
_LOST = """
SELECT h.entity_id AS stream, h.version, h.position, h.action
FROM history h
WHERE NOT EXISTS (
    SELECT FROM stored_events e
    WHERE e.originator_id = h.entity_id AND e.originator_version = h.version
        AND e.notification_id = h.position
)
"""
_NOTE = f"""
INSERT INTO lost_events (stream, version, position, action)
SELECT stream, version, position, action FROM ({_LOST}) AS lost
ON CONFLICT DO NOTHING
"""  # noqa: S608 - the expression is ours
# Nobody has recovered from these, whether noted earlier or still shown by the history view.
_FIND = f"""
SELECT stream, version, position, action FROM lost_events WHERE recovered_at IS NULL
UNION {_LOST} ORDER BY position
"""  # noqa: S608 - the expression is ours


class LostEvent(Record):
    """An event that a view has taken in and the log no longer has."""

    stream: UUID
    version: int
    position: int
    action: str


class Recovery(Record):
    """The events that were lost, and the readers that had read some, with their positions."""

    events: Sequence[LostEvent]
    readers: Mapping[str, int]


async def refold(url: str, view: View[Any]) -> None:
    """Make a view anew from the log, and note first which lost events the history view shows."""
    async with await connect(url, name=f"annals refold {view.name}") as connection:
        noted = await _note_lost_events(connection)
    await rebuild(url, view, _LOG, workers=1, progress=_silent)
    log.warning("view_refolded", view=view.name, events_lost=noted)


async def recover(url: str, connection: AsyncConnection, *, dry_run: bool) -> Recovery:
    """Bring back all readers of lost events; with `dry_run`, only list both.

    Views are made anew from the log. Other readers go back to the last event before the first one
    that was lost, and read again what was recorded since; that changes nothing the second time.
    New positions begin beyond all that were lost.

    Raises:
        RebuildInProgress: another process rebuilds or verifies one of the views.
        TableBusy: one of the views could not be locked.
    """
    readers = await lost_readers(connection)
    if not dry_run:
        await _note_lost_events(connection)
    events = await _lost_events(connection)
    if readers and not dry_run:
        # All processes forget what they remember, and no reader meets a lost position again.
        await connection.execute("SELECT annals_begin_history()")
        first = min((event.position for event in events), default=None)
        for name, position in readers.items():
            if name in _VIEWS:
                await rebuild(url, _VIEWS[name], _LOG, workers=1, progress=_silent)
            else:
                below = position if first is None else min(position, first)
                await _move_back(connection, name, position, below=below)
    if not dry_run:
        await connection.execute(
            "UPDATE lost_events SET recovered_at = now() WHERE recovered_at IS NULL"
        )
    return Recovery(events=events, readers=readers)


async def _note_lost_events(connection: AsyncConnection) -> int:
    noted = await connection.execute(_NOTE)
    return noted.rowcount


async def _lost_events(connection: AsyncConnection) -> Sequence[LostEvent]:
    async with connection.cursor(row_factory=class_row(LostEvent)) as cursor:
        await cursor.execute(_FIND)
        return await cursor.fetchall()


async def _move_back(
    connection: AsyncConnection, reader: str, position: int, *, below: int
) -> None:
    await connection.execute(
        "WITH moved AS (UPDATE notification_tracking SET notification_id = coalesce("
        " (SELECT max(notification_id) FROM stored_events WHERE notification_id < %s), 0)"
        " WHERE application_name = %s AND notification_id = %s RETURNING application_name)"
        " SELECT pg_notify(%s, application_name) FROM moved",
        (below, reader, position, CHANNEL),
    )


def _silent(*_: object) -> None:
    """No progress is shown."""
