"""Compares the history of the database when a process starts, and every few seconds afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import psycopg

from application.ports.startup import CannotStart
from infrastructure.postgres.connections import connect
from infrastructure.postgres.histories import SequenceBehind

COMPARE_SECONDS = 5.0  # seconds between connections that are opened to compare


@asynccontextmanager
async def histories_compared(url: str, *, name: str) -> AsyncIterator[None]:
    """Compare the database's history now, and every few seconds until the block ends.

    Each new connection compares it as well. But a process whose connections all stay open would
    not notice that the log was restored under them.

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
            await _compare(url, name)


async def _compare(url: str, name: str) -> None:
    try:
        async with await connect(url, name=f"annals {name} compare"):
            pass
    except SequenceBehind:
        raise
    except (psycopg.Error, OSError):
        return  # the database is away, which whoever needs it reports
