"""Follows the log into the views: one active runner per view, others stand by."""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn

import psycopg
import structlog
from psycopg import AsyncConnection

from infrastructure.event_log import CHANNEL, EventLog
from infrastructure.positions import Overtaken, applied, begin
from infrastructure.postgres import connect
from infrastructure.view_writer import ViewWriter
from projections.view import View

log = structlog.get_logger()

BATCH = 1_000  # events
POLL = 0.25  # seconds: a notification can be lost
PAUSE = 0.02  # seconds between batches: under load they grow instead of becoming many
STANDBY = 1.0  # seconds between attempts to become the active runner
RETRY = 0.2  # seconds after the database was lost
RETRY_LATER = 2.0  # seconds after trouble that only a person can end


async def project(url: str, views: Sequence[View[Any]], events: EventLog) -> None:
    """Follow the log into all of `views` until cancelled."""
    async with asyncio.TaskGroup() as group:
        for view in views:
            group.create_task(follow(url, view, events), name=view.name)


async def follow(url: str, view: View[Any], events: EventLog) -> NoReturn:
    """Keep one view up to date until cancelled, through lost connections and other trouble.

    A session lock makes this runner the only one. Everything happens on the connection that
    holds the lock: whoever loses the lock cannot write, and the next in line, finding the
    position where it was left, goes on from there.
    """
    while True:
        try:
            async with await connect(url, name=f"annals project {view.name}") as connection:
                # A crash of the server may undo the last batches, rows and position alike.
                await connection.execute("SET synchronous_commit = off")
                await connection.execute("SET jit = off")
                await _become_active(connection, view.name)
                await _follow(connection, view, events)
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            log.warning("the database was lost; trying again", view=view.name, error=str(error))
            await asyncio.sleep(RETRY)
        except Exception:
            log.exception("the view stands still; trying again", view=view.name)
            await asyncio.sleep(RETRY_LATER)


async def _become_active(connection: AsyncConnection, view: str) -> None:
    standing_by = False
    while True:
        cursor = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtext('annals view'), hashtext(%s))", (view,)
        )
        if (await cursor.fetchone() or (False,))[0]:
            log.info("following the log", view=view)
            return
        if not standing_by:
            log.info("standing by: another runner is active", view=view)
            standing_by = True
        await asyncio.sleep(STANDBY)


async def _follow(connection: AsyncConnection, view: View[Any], events: EventLog) -> NoReturn:
    await connection.execute(f"LISTEN {CHANNEL}")
    writer = ViewWriter(view, events)
    position = await begin(connection, view.name)
    while True:
        try:
            reached = await writer.advance(connection, position, limit=BATCH)
        except Overtaken:
            # A rebuild put another table in place, with a position of its own.
            writer = ViewWriter(view, events)
            position = await applied(connection, view.name)
            continue
        if reached == position:
            await _news(connection)
        else:
            position = reached
            await asyncio.sleep(PAUSE)


async def _news(connection: AsyncConnection) -> None:
    """Wait until the log has grown, or might have."""
    async for _ in connection.notifies(timeout=POLL, stop_after=1):
        pass
