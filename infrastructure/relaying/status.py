"""The status of the relay: its position, its lag and its throughput."""

import asyncio

from psycopg import AsyncConnection

from domain.record import Record
from infrastructure.following.checkpoints import applied
from infrastructure.following.lag import lag_behind
from infrastructure.relaying.relay import READER
from infrastructure.store.event_log import EventLog


class RelayStatus(Record):
    """How far the relay is; `dead` counts parked events.

    The lag in seconds is the age of the oldest event that is still to be published, the
    throughput is in events per second.
    """

    active: bool
    position: int
    end: int
    lag_events: int
    lag_seconds: float
    throughput: float
    dead: int


async def relay_status(
    connection: AsyncConnection, log: EventLog, *, observe: float
) -> RelayStatus:
    """Observe the relay for `observe` seconds."""
    before = await applied(connection, READER)
    await asyncio.sleep(observe)
    position = await applied(connection, READER)
    end = await log.end(connection)
    lag = await lag_behind(connection, log, position, end=end)
    return RelayStatus(
        active=await _is_active(connection),
        position=position,
        end=end,
        lag_events=lag.events,
        lag_seconds=lag.seconds,
        throughput=await _count(connection, before, position) / observe,
        dead=await _dead(connection),
    )


async def _is_active(connection: AsyncConnection) -> bool:
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND objsubid = 2 AND classid = hashtext('annals reader')::bit(32)::bigint"
        " AND objid = hashtext(%s)::bit(32)::bigint"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        (READER,),
    )
    return bool((await cursor.fetchone() or (False,))[0])


async def _count(connection: AsyncConnection, after: int, until: int) -> int:
    cursor = await connection.execute(
        "SELECT count(*) FROM stored_events WHERE notification_id > %s AND notification_id <= %s",
        (after, until),
    )
    return int((await cursor.fetchone() or (0,))[0])


async def _dead(connection: AsyncConnection) -> int:
    cursor = await connection.execute(
        "SELECT count(*) FROM dead_events WHERE view = %s AND discarded_at IS NULL", (READER,)
    )
    return int((await cursor.fetchone() or (0,))[0])
