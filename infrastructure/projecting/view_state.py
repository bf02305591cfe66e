"""How the views are doing: how far behind the log each one is, and what it could not take in."""

from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection, sql

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.projecting.view_table import HOME
from infrastructure.store.checkpoints import applied
from infrastructure.store.event_log import EventLog
from projections.view import View


class ViewState(Record):
    """`lag_seconds` is the age of the oldest event not yet taken in, 0 when there is none."""

    name: str
    position: int
    lag_events: int
    lag_seconds: float
    dead: int
    rows: int


async def view_state(connection: AsyncConnection, view: View[Any], events: EventLog) -> ViewState:
    position = await applied(connection, view.name)
    behind = await connection.execute(
        "SELECT (SELECT count(*) FROM stored_events WHERE notification_id > %(position)s),"
        " (SELECT min(notification_id) FROM stored_events WHERE notification_id > %(position)s),"
        " (SELECT count(*) FROM dead_events WHERE view = %(view)s AND discarded_at IS NULL)",
        {"position": position, "view": view.name},
    )
    lag, oldest, dead = await behind.fetchone() or (0, None, 0)
    counted = await connection.execute(
        sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(HOME, view.name))
    )
    return ViewState(
        name=view.name,
        position=position,
        lag_events=lag,
        lag_seconds=await _age(connection, events, oldest) if oldest else 0.0,
        dead=dead,
        rows=(await counted.fetchone() or (0,))[0],
    )


async def _age(connection: AsyncConnection, events: EventLog, position: int) -> float:
    """Seconds since this event was recorded; 0 when that cannot be read."""
    (entry,) = await events.between(connection, position - 1, position)
    if not isinstance(entry, Recorded):
        return 0.0
    return max(0.0, (datetime.now(UTC) - entry.recorded_at).total_seconds())
