"""Runs a process until SIGINT or SIGTERM."""

import asyncio
import signal
from collections.abc import Coroutine

import structlog


async def run_until_signal(work: Coroutine[None, None, None]) -> None:
    """Run `work`, and cancel it at SIGINT or SIGTERM."""
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        structlog.get_logger().info("process_stopped")
