"""Rebuilds a view's table from the log while the live table serves readers, then swaps them."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from domain.record import Record
from infrastructure.following.checkpoints import CHANNEL, applied, begin, lock
from infrastructure.following.dead_events import DeadEvent, replace_parked
from infrastructure.postgres.connections import connect
from infrastructure.projecting.table_copy import qualified
from infrastructure.projecting.view_writer import ShadowWriter
from infrastructure.rebuilding.shadow_fill import Progress, fill_shadow
from infrastructure.rebuilding.shadow_table import ShadowTable, shadow_of
from infrastructure.store.event_log import EventLog
from projections.view import View

CATCH_UP_EVENTS = 5_000
NEAR_EVENTS = 500  # few enough to take in while the live projector waits

# Readers wait no longer than this for the swap: briefly at first, later long enough for
# PostgreSQL to cancel an autovacuum that holds the lock, which it does after 1 s.
LOCK_TIMEOUTS_SECONDS = (*[0.2] * 5, *[1.5] * 100)
LOCK_RETRY_SECONDS = 0.3


class TableBusy(Exception):
    """The live table could not be locked for the swap."""

    def __init__(self, view: str) -> None:
        super().__init__(
            f"{view} could not be locked for the swap: transactions read it all the time."
            " Nothing was changed; try again."
        )


class Rebuilt(Record):
    """`position`: up to there the new table shows everything but the `parked` events.

    These are all events that the view fails to process, discarded ones included.
    """

    position: int
    parked: Sequence[DeadEvent]


async def rebuild(
    url: str, view: View[Any], events: EventLog, *, workers: int, progress: Progress
) -> Rebuilt:
    """Rebuild one view, past the events that it fails to process: these are parked.

    Only the view's table and position change, so no reaction runs and nothing is sent twice. A
    rebuild that is killed leaves the live table as it was; start it again. An event that was
    discarded and still fails remains discarded.

    Raises:
        RebuildInProgress: another process is rebuilding or verifying the view.
        TableBusy: the live table could not be locked. Nothing was changed.
    """
    async with (
        await connect(url, name=f"annals rebuild {view.name}") as connection,
        shadow_of(connection, view) as shadow,
    ):
        until = await events.end(connection)
        writer = ShadowWriter(view, events, schema=shadow.schema)
        await fill_shadow(
            connection, url, shadow, writer, events, until=until, workers=workers, progress=progress
        )
        await _index(connection, url, shadow, progress)
        await begin(connection, view.name)
        for timeout_seconds in LOCK_TIMEOUTS_SECONDS:
            await _catch_up(connection, writer, until, progress)
            try:
                async with connection.transaction():
                    return await _swap(connection, writer, shadow, timeout_seconds)
            except psycopg.errors.LockNotAvailable:
                await asyncio.sleep(LOCK_RETRY_SECONDS)
        raise TableBusy(view.name)


async def _index(
    connection: AsyncConnection, url: str, shadow: ShadowTable, progress: Progress
) -> None:
    """Create the indexes, two at a time, and gather statistics."""
    statements = await shadow.indexes(connection)
    done = 0
    progress("indexing", 0, len(statements))
    turns = asyncio.Semaphore(2)

    async def make(statement: str) -> None:
        nonlocal done
        async with turns, await connect(url, name="annals rebuild index") as other:
            await other.execute("SET maintenance_work_mem = '256MB'")
            await other.execute(statement)
        done += 1
        progress("indexing", done, len(statements))

    await asyncio.gather(*map(make, statements))
    await connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(*shadow.table)))


async def _catch_up(
    connection: AsyncConnection, writer: ShadowWriter[Any], start: int, progress: Progress
) -> None:
    """Follow the log until few events are left."""
    position = await applied(connection, writer.reader)
    while True:
        reached = await writer.advance(connection, position, limit=CATCH_UP_EVENTS)
        progress("catching up", reached - start, reached - start)
        if reached - position < NEAR_EVENTS:
            return
        position = reached


async def _swap(
    connection: AsyncConnection,
    writer: ShadowWriter[Any],
    shadow: ShadowTable,
    timeout_seconds: float,
) -> Rebuilt:
    """Put the shadow in place, at the live table's position or beyond it.

    A live table beyond the end of the log, as after a restore of the log, comes back to its end.
    """
    view = shadow.view.name
    await connection.execute(f"SET LOCAL lock_timeout = {round(1000 * timeout_seconds)}")
    # The table before the position, as the projector locks them; readers do not wait yet.
    await connection.execute(f"LOCK TABLE {qualified(shadow.live)} IN SHARE ROW EXCLUSIVE MODE")
    live = await lock(connection, view)  # the projector waits from here on
    position = await applied(connection, shadow.schema)
    while position < live:
        reached = await writer.advance(connection, position, limit=CATCH_UP_EVENTS)
        if reached == position:
            break
        position = reached
    await connection.execute(f"LOCK TABLE {qualified(shadow.live)} IN ACCESS EXCLUSIVE MODE")
    await shadow.swap_in(connection)
    await connection.execute(
        "UPDATE notification_tracking SET notification_id = %s WHERE application_name = %s",
        (position, view),
    )
    failures = list(writer.failures.values())
    parked = await replace_parked(connection, view, failures, until=max(position, live))
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, view))
    return Rebuilt(position=position, parked=parked)
