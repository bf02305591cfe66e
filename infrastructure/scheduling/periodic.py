"""Runs periodic jobs, independently of each other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from domain.record import Record

log = structlog.get_logger()


class Job(Record):
    """`run` is called at the start, and again `every` after it has ended."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


async def run_periodically(jobs: Sequence[Job]) -> None:
    """Run the jobs until cancelled. A job that fails is run again at its next time."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job))


async def _repeat(job: Job) -> None:
    while True:
        try:
            await job.run()
        except Exception:
            log.exception("periodic_job_failed", job=job.name)
        await asyncio.sleep(job.every.total_seconds())
