"""The state of each view: how far it is behind the log, and which events it could not take in."""

from typing import Any

from psycopg import AsyncConnection, sql

from domain.record import Record
from infrastructure.following.checkpoints import applied, lost_readers
from infrastructure.following.lag import lag_behind
from infrastructure.projecting.view_table import HOME
from infrastructure.store.event_log import EventLog
from projections.view import View


class ViewState(Record):
    """One view, as `annals views` shows it; for the lag see `store.lag.Lag`.

    `beyond_log`: it shows events that the log no longer has.
    """

    name: str
    position: int
    lag_events: int
    lag_seconds: float
    dead: int
    rows: int
    beyond_log: bool


async def view_state(connection: AsyncConnection, view: View[Any], log: EventLog) -> ViewState:
    position = await applied(connection, view.name)
    lag = await lag_behind(connection, log, position)
    counted = await connection.execute(
        sql.SQL(
            "SELECT (SELECT count(*) FROM {}),"
            " (SELECT count(*) FROM dead_events WHERE view = %s AND discarded_at IS NULL)"
        ).format(sql.Identifier(HOME, view.name)),
        (view.name,),
    )
    rows, dead = await counted.fetchone() or (0, 0)
    return ViewState(
        name=view.name,
        position=position,
        lag_events=lag.events,
        lag_seconds=lag.seconds,
        dead=dead,
        rows=rows,
        beyond_log=view.name in await lost_readers(connection),
    )
