"""Running a process until SIGINT or SIGTERM."""

import asyncio
import signal
from collections.abc import Coroutine

import structlog


async def run_until_signal(work: Coroutine[None, None, None]) -> None:
    """Run `work`, and cancel it when told to stop."""
    task = asyncio.create_task(work)
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        structlog.get_logger().info("stopped")
