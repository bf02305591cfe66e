"""Follows the log for life: one active runner per reader, the others stand by."""

import asyncio
from collections.abc import Callable
from typing import NoReturn, Protocol

import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports import Unavailable
from infrastructure.postgres.connections import connect
from infrastructure.store.checkpoints import CheckpointMoved, applied, begin
from infrastructure.store.event_log import CHANNEL
from infrastructure.telemetry.metrics import FOLLOWER_ACTIVE, FOLLOWER_EVENTS, Counter

log = structlog.get_logger()

BATCH_EVENTS = 1_000  # events
POLL_SECONDS = 0.25  # seconds: a notification can be lost
BATCH_PAUSE_SECONDS = 0.02  # seconds between batches: under load they grow instead of becoming many
STANDBY_SECONDS = 1.0  # seconds between attempts to become the active runner
RETRY_SECONDS = 0.2  # seconds after the database was lost
FAILURE_RETRY_SECONDS = 2.0  # seconds after trouble that only a person can end


class Reader(Protocol):
    """Takes the log in, a stretch at a time: a view, or a reaction."""

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Take in at most `limit` events beyond `start`, and return the position now reached.

        Raises:
            Overtaken: the reader no longer stands at `start`.
        """
        ...


async def follow(
    url: str, name: str, reader: Callable[[], Reader], *, kind: str = "reader"
) -> NoReturn:
    """Keep the reader called `name` up to date until cancelled, through all kinds of trouble.

    A session lock makes this runner the only one. Everything happens on the connection that
    holds the lock: whoever loses the lock cannot write, and the next in line, finding the
    position where it was left, goes on from there. `reader` makes one that knows nothing yet.
    `kind` is what Prometheus is told that it is.
    """
    active, events = FOLLOWER_ACTIVE.labels(kind, name), FOLLOWER_EVENTS.labels(kind, name)
    while True:
        try:
            async with await connect(url, name=f"annals follow {name}") as connection:
                # A crash of the server may undo the last batches, rows and position alike.
                await connection.execute("SET synchronous_commit = off")
                await connection.execute("SET jit = off")
                await acquire_leadership(connection, name)
                active.set(1)
                await _follow(connection, name, reader, events)
        except (Unavailable, psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            log.warning("the database was lost; trying again", reader=name, error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
        except psycopg.errors.UndefinedTable as error:
            log.warning(
                "a table is missing until `annals migrate` has run; trying again",
                reader=name,
                error=str(error).splitlines()[0],
            )
            await asyncio.sleep(FAILURE_RETRY_SECONDS)
        except Exception:
            log.exception("the reader stands still; trying again", reader=name)
            await asyncio.sleep(FAILURE_RETRY_SECONDS)
        finally:
            active.set(0)


async def acquire_leadership(connection: AsyncConnection, name: str) -> None:
    standing_by = False
    while True:
        cursor = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtext('annals reader'), hashtext(%s))", (name,)
        )
        if (await cursor.fetchone() or (False,))[0]:
            log.info("following the log", reader=name)
            return
        if not standing_by:
            log.info("standing by: another runner is active", reader=name)
            standing_by = True
        await asyncio.sleep(STANDBY_SECONDS)


async def _follow(
    connection: AsyncConnection, name: str, make_reader: Callable[[], Reader], events: Counter
) -> NoReturn:
    await connection.execute(f"LISTEN {CHANNEL}")
    reader = make_reader()
    position = await begin(connection, name)
    while True:
        try:
            reached = await reader.advance(connection, position, limit=BATCH_EVENTS)
        except CheckpointMoved:
            # A rebuild put another table in place, with a position of its own.
            reader = make_reader()
            position = await applied(connection, name)
            continue
        if reached == position:
            await _wait_for_events(connection)
        elif reached - position < BATCH_EVENTS:  # not far behind
            await asyncio.sleep(BATCH_PAUSE_SECONDS)
        events.inc(reached - position)
        position = reached


async def _wait_for_events(connection: AsyncConnection) -> None:
    """Wait until the log has grown, or might have."""
    async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
        pass
