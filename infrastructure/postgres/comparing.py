"""Compares the database's history and clock with ours: at the start, and every few seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NoReturn

import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports.startup import CannotStart
from infrastructure.postgres.connections import DatabaseConnection, connect
from infrastructure.postgres.histories import SequenceBehind
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.telemetry.metrics import CLOCK_OFFSET

log = structlog.get_logger()

MAX_OFFSET_SECONDS = 1.0  # seconds between two clocks before it is a warning
COMPARE_SECONDS = 4.0  # between comparisons: another server is noticed within 5 s
# Of one connection before a new one replaces it, should nobody look for all. A new one compares the
# clocks as well, which hardly change in half a minute.
COMPARISONS_A_CONNECTION = 6
CHANNEL = "annals_history"  # notified when the address was found to lead to another server


@asynccontextmanager
async def histories_compared(url: str, *, name: str) -> AsyncIterator[None]:
    """Compare the database's history now, and every few seconds until the block ends.

    Each new connection compares it as well. But a process whose connections all stay open would
    not notice that the log was restored under them, or that another server has their address.

    Raises:
        CannotStart: the database must not be used before a person has repaired it.
    """
    try:
        async with await connect(url, name=f"annals {name} compare") as connection:
            await _compare_clocks(connection)
    except SequenceBehind as error:
        raise CannotStart(str(error)) from error
    except (psycopg.Error, OSError):
        pass  # the database is away, which whoever needs it reports
    comparing = asyncio.create_task(_compare_periodically(url, name))
    try:
        yield
    finally:
        comparing.cancel()
        await asyncio.wait({comparing})


async def _compare_periodically(url: str, name: str) -> NoReturn:
    await asyncio.sleep(COMPARE_SECONDS)
    while True:
        try:
            await _compare_until_outdated(url, name)
        except (SequenceBehind, psycopg.Error, OSError):  # whoever needs a connection reports it
            await asyncio.sleep(COMPARE_SECONDS)


async def _compare_until_outdated(url: str, name: str) -> None:
    """Compare over a new connection, and then over the same, until it is old or outdated."""
    async with await connect(url, name=f"annals {name} compare") as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        await _compare_clocks(connection)
        looks = False
        for _ in range(COMPARISONS_A_CONNECTION):
            if await wait_for_notification(connection, timeout_seconds=COMPARE_SECONDS):
                return
            if not connection.outdated:  # else what it would say is of the past
                await connection.watch.check(connection)
                looks = looks or await _looks_for_all(connection)
                if looks:
                    await (await connect(url, name=f"annals {name} look")).close()
            if connection.outdated:
                # Those that are still connected to this server look for themselves.
                await connection.execute(f"NOTIFY {CHANNEL}")
                return


async def _looks_for_all(connection: DatabaseConnection) -> bool:
    """Return whether this process is the one, of all connected to the server, that looks where the
    address leads by now.

    Only a new connection can tell, and it costs a hundred times as much as a statement.
    """
    cursor = await connection.execute(
        "SELECT pg_try_advisory_lock(hashtext('annals comparing'), 0)", prepare=True
    )
    return bool((await cursor.fetchone() or (False,))[0])


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
