"""Compares the database's history and clock with ours: at the start, and every few seconds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NoReturn

import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports.startup import CannotStart
from infrastructure.postgres.connections import connect
from infrastructure.postgres.histories import SequenceBehind
from infrastructure.telemetry.metrics import CLOCK_OFFSET

log = structlog.get_logger()

MAX_OFFSET_SECONDS = 1.0  # seconds between two clocks before it is a warning
COMPARE_SECONDS = 5.0  # seconds between comparisons
# Of a new connection, which costs a hundred times as much: it finds a server that has taken the
# address of another.
COMPARISONS_A_CONNECTION = 6


@asynccontextmanager
async def histories_compared(url: str, *, name: str) -> AsyncIterator[None]:
    """Compare the database's history now, and every few seconds until the block ends.

    Each new connection compares it as well. But a process whose connections all stay open would
    not notice that the log was restored under them, or that another server has their address.

    Raises:
        CannotStart: the database must not be used before a person has repaired it.
    """
    try:
        await _compare(url, name)
    except SequenceBehind as error:
        raise CannotStart(str(error)) from error
    comparing = asyncio.create_task(_compare_periodically(url, name))
    try:
        yield
    finally:
        comparing.cancel()
        await asyncio.wait({comparing})


async def _compare_periodically(url: str, name: str) -> NoReturn:
    while True:
        await asyncio.sleep(COMPARE_SECONDS)
        with contextlib.suppress(SequenceBehind):  # whoever needs a connection reports it
            await _compare(url, name, again=COMPARISONS_A_CONNECTION - 1)


async def _compare(url: str, name: str, *, again: int = 0) -> None:
    """Compare over a new connection, and `again` over the same."""
    try:
        async with await connect(url, name=f"annals {name} compare") as connection:
            await _compare_clocks(connection)
            for _ in range(again):
                await asyncio.sleep(COMPARE_SECONDS)
                await connection.watch.check(connection)
                await _compare_clocks(connection)
    except SequenceBehind:
        raise
    except (psycopg.Error, OSError):
        return  # the database is away, which whoever needs it reports


async def _compare_clocks(connection: AsyncConnection) -> None:
    before = datetime.now(UTC)
    cursor = await connection.execute("SELECT clock_timestamp()")
    row = await cursor.fetchone()
    after = datetime.now(UTC)
    if row is None:
        return
    offset = (before + (after - before) / 2 - row[0]).total_seconds()
    CLOCK_OFFSET.set(offset)
    # The database looked at its clock at some moment between the two.
    if abs(offset) - (after - before).total_seconds() / 2 > MAX_OFFSET_SECONDS:
        log.warning("clock_differs", ours_minus_database_seconds=round(offset, 3))
