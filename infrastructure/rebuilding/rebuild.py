"""Rebuilds a view's table from the log while the live table serves readers, then swaps them."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection, sql

from infrastructure.postgres.connections import connect
from infrastructure.projecting.table_copy import qualified
from infrastructure.projecting.view_writer import StrictViewWriter
from infrastructure.rebuilding.bulk_fold import fill
from infrastructure.rebuilding.shadow_table import ShadowTable, shadow_of
from infrastructure.store.checkpoints import CHANNEL, applied, begin, lock
from infrastructure.store.dead_events import clear_until
from infrastructure.store.event_log import EventLog
from projections.view import View

# The current step, how much of it is done, and how much there is to do.
Progress: TypeAlias = Callable[[str, int, int], None]

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


async def rebuild(
    url: str, view: View[Any], events: EventLog, *, workers: int, progress: Progress
) -> int:
    """Rebuild one view; return the position up to which the new table shows everything.

    Only the view's table and position change, so no reaction runs and nothing is sent twice. A
    rebuild that is killed leaves the live table as it was; start it again.

    Raises:
        ProjectionError: the view cannot take in an event. Nothing was changed.
        RebuildInProgress: another process is rebuilding or verifying the view.
        TableBusy: the live table could not be locked. Nothing was changed.
    """
    async with (
        await connect(url, name=f"annals rebuild {view.name}") as connection,
        shadow_of(connection, view) as shadow,
    ):
        until = await events.end(connection)
        await fill_shadow(connection, url, shadow, until=until, workers=workers, progress=progress)
        await _index(connection, url, shadow, progress)
        await _start_at(connection, shadow, until)
        writer = StrictViewWriter(view, events, schema=shadow.schema, reader=shadow.schema)
        await begin(connection, view.name)
        for timeout_seconds in LOCK_TIMEOUTS_SECONDS:
            await _catch_up(connection, writer, until, progress)
            try:
                async with connection.transaction():
                    return await _swap(connection, writer, shadow, timeout_seconds)
            except psycopg.errors.LockNotAvailable:
                await asyncio.sleep(LOCK_RETRY_SECONDS)
        raise TableBusy(view.name)


async def fill_shadow(
    connection: AsyncConnection,
    url: str,
    shadow: ShadowTable,
    *,
    until: int,
    workers: int,
    progress: Progress,
) -> None:
    """Fold the log up to the position `until` into the shadow, in bulk."""

    def advanced(done: int, of: int) -> None:
        progress("folding", done, of)

    await fill(
        connection,
        url,
        shadow.view,
        shadow.schema,
        until=until,
        workers=workers,
        advanced=advanced,
    )


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

    # Keys first: they lock the table exclusively, and the others share it.
    keys = [statement for statement in statements if statement.startswith("ALTER")]
    for statement in keys:
        await make(statement)
    await asyncio.gather(*(make(each) for each in statements if each not in keys))
    await connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(*shadow.table)))


async def _start_at(connection: AsyncConnection, shadow: ShadowTable, position: int) -> None:
    await connection.execute(
        "INSERT INTO notification_tracking (application_name, notification_id) VALUES (%s, %s)",
        (shadow.schema, position),
    )


async def _catch_up(
    connection: AsyncConnection, writer: StrictViewWriter[Any], start: int, progress: Progress
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
    writer: StrictViewWriter[Any],
    shadow: ShadowTable,
    timeout_seconds: float,
) -> int:
    """Put the shadow in place, at the live table's position or beyond it.

    A live table beyond the end of the log shows events that were lost: it is not waited for.
    """
    view = shadow.view.name
    await connection.execute(f"SET LOCAL lock_timeout = {round(1000 * timeout_seconds)}")
    live = await lock(connection, view)  # the projector waits from here on
    position = await applied(connection, shadow.schema)
    before = -1
    while before < position < live:
        before = position
        position = await writer.advance(connection, position, limit=CATCH_UP_EVENTS)
    await connection.execute(f"LOCK TABLE {qualified(shadow.live)} IN ACCESS EXCLUSIVE MODE")
    await shadow.swap_in(connection)
    await connection.execute(
        "UPDATE notification_tracking SET notification_id = %s WHERE application_name = %s",
        (position, view),
    )
    await clear_until(connection, view, until=position)
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, view))
    return position
