"""Subscriptions to the log: each reader has one active runner, and the others stand by."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn, Protocol

import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports.unavailable import Unavailable
from infrastructure.following.checkpoints import (
    LAZY_SECONDS,
    CheckpointMoved,
    begin,
    lost_readers,
)
from infrastructure.following.growth_watch import GrowthWatch, growth_watch
from infrastructure.following.leadership import leadership
from infrastructure.following.turns import AT_ONCE, Turn
from infrastructure.postgres.connections import DatabaseConnection, connect
from infrastructure.postgres.outages import OUTAGE
from infrastructure.store.event_log import distance
from infrastructure.telemetry.metrics import (
    FOLLOWER_ACTIVE,
    FOLLOWER_EVENTS,
    FOLLOWER_LOST,
    Counter,
)

log = structlog.get_logger()

BATCH_EVENTS = 1_000
BATCH_PAUSE_SECONDS = 0.02  # after a batch, before the next one
BUSY_EVENTS = 20  # a batch of so many shows load: the pause is that of the reader's turn
SETTLE_SECONDS = 2 * LAZY_SECONDS  # after which a reader at rest writes a position it has skipped
IDLE_SECONDS = 20.0  # between looks of an idle reader at the log, and at what it has read of it
RETRY_SECONDS = 0.2  # after the database was lost
FAILURE_RETRY_SECONDS = 2.0  # after an error that only a person can end


class Reader(Protocol):
    """Takes in the log, a batch at a time: a view, a reaction or the relay."""

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Take in at most `limit` events beyond `start`; return the position reached.

        Raises:
            CheckpointMoved: the reader's position is no longer `start`.
        """
        ...


class ReaderLost(Exception):
    """The reader has read events that the log no longer has."""

    def __init__(self, name: str, position: int) -> None:
        super().__init__(f"{name} has read up to position {position}, which the log no longer has.")


async def follow(
    url: str,
    name: str,
    reader: Callable[[], Reader],
    *,
    kind: str = "reader",
    turn: Turn = AT_ONCE,
    recover: Callable[[], Awaitable[object]] | None = None,
) -> NoReturn:
    """Keep the reader called `name` up to date until cancelled, whatever fails meanwhile.

    A session lock makes this runner the active one. All its work uses the connection that holds
    the lock: a runner that has lost the lock cannot write, and the next one goes on from the
    position it finds. A process that stops, as by SIGSTOP, loses the lock within seconds.
    `reader` makes a reader without memory; `kind` is its label in Prometheus.
    `turn` says when it takes its batches.

    A reader that has read events the log no longer has is stopped, and `recover` is called; without
    it, a person has to run `annals recover`.
    """
    active, events = FOLLOWER_ACTIVE.labels(kind, name), FOLLOWER_EVENTS.labels(kind, name)
    lost = FOLLOWER_LOST.labels(kind, name)
    while True:
        try:
            async with await connect(url, name=f"annals follow {name}") as connection:
                # A crash of the server may lose the last batches, but rows and position together.
                await connection.execute("SET synchronous_commit = off")
                await connection.execute("SET jit = off")
                async with leadership(url, connection, name), growth_watch(url) as watch:
                    active.set(1)
                    await _refuse_lost(connection, name)
                    lost.set(0)
                    await _follow(connection, name, reader, events, watch, turn)
        except (Unavailable, psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            OUTAGE.lost(error)
            await asyncio.sleep(RETRY_SECONDS)
        except psycopg.errors.UndefinedTable as error:
            log.warning(
                "table_missing",
                reader=name,
                error=str(error).splitlines()[0],
            )
            await asyncio.sleep(FAILURE_RETRY_SECONDS)
        except ReaderLost as error:
            lost.set(1)
            log.error("reader_beyond_log", reader=name, error=str(error), remedy="annals recover")  # noqa: TRY400 - the sentence says all
            try:
                await (recover or partial(asyncio.sleep, FAILURE_RETRY_SECONDS))()
            except Exception:
                log.exception("recovery_failed", reader=name)
                await asyncio.sleep(FAILURE_RETRY_SECONDS)
        except Exception:
            log.exception("subscription_failed", reader=name)
            await asyncio.sleep(FAILURE_RETRY_SECONDS)
        finally:
            active.set(0)


async def _follow(
    connection: DatabaseConnection,
    name: str,
    make_reader: Callable[[], Reader],
    events: Counter,
    watch: GrowthWatch,
    turn: Turn,
) -> NoReturn:
    reader = make_reader()
    position = await begin(connection, name)
    checked_at = time.monotonic()
    settled = False
    while True:
        if connection.outdated:
            raise Unavailable("The history the subscription began in")
        growth = watch.next_growth()
        try:
            async with turn.batch():
                reached = await reader.advance(connection, position, limit=BATCH_EVENTS)
        except CheckpointMoved:
            # A rebuild has swapped in another table, with its own position; or a migration has
            # emptied the table and removed the position.
            reader = make_reader()
            position = await begin(connection, name)
            continue
        if reached == position:
            await asyncio.wait([growth], timeout=IDLE_SECONDS if settled else SETTLE_SECONDS)
            settled = True
            if time.monotonic() - checked_at > IDLE_SECONDS:
                await _refuse_lost(connection, name)
                checked_at = time.monotonic()
        else:
            settled = False
            if reached - position < BATCH_EVENTS:  # not far behind
                busy = reached - position >= BUSY_EVENTS
                await asyncio.sleep(turn.busy_pause_seconds if busy else BATCH_PAUSE_SECONDS)
        # Where a new history began, positions were left out.
        leapt = reached - position > BATCH_EVENTS
        events.inc(await distance(connection, position, reached) if leapt else reached - position)
        position = reached


async def _refuse_lost(connection: AsyncConnection, name: str) -> None:
    position = (await lost_readers(connection)).get(name)
    if position is not None:
        raise ReaderLost(name, position)
