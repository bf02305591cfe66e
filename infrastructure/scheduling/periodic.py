"""Work that comes round again: each job on its own, and none ends because another failed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from domain.record import Record

log = structlog.get_logger()


class Job(Record):
    """`run` is called at the start and then `every` so long after it has ended."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


async def run_periodically(jobs: Sequence[Job]) -> None:
    """Run all of them until cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_again_and_again(job))


async def _again_and_again(job: Job) -> None:
    while True:
        try:
            await job.run()
        except Exception:
            # The next round finds what this one left.
            log.exception("a periodic job failed", job=job.name)
        await asyncio.sleep(job.every.total_seconds())
