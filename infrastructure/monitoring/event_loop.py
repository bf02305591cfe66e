"""Measures how late the event loop of a process is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

from infrastructure.telemetry.metrics import EVENT_LOOP_LAG

SAMPLE_SECONDS = 0.25  # from sample to sample; a longer lag is never missed


@asynccontextmanager
async def lag_measured() -> AsyncIterator[None]:
    """Measure the lag of the event loop until the block ends."""
    sampling = asyncio.create_task(_sample())
    try:
        yield
    finally:
        sampling.cancel()
        await asyncio.wait({sampling})


async def _sample() -> NoReturn:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SAMPLE_SECONDS
        await asyncio.sleep(SAMPLE_SECONDS)
        # uvloop counts in milliseconds, and may wake a part of one too early.
        EVENT_LOOP_LAG.observe(max(0.0, loop.time() - due))
