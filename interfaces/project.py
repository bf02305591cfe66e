"""`annals project`: keep the views up to date with the log."""

import asyncio
import signal
from collections.abc import Coroutine

import click
import uvloop

from infrastructure.bootstrap import load_settings, project


@click.command
def command() -> None:
    """Keep the views up to date with the log, until told to stop.

    Any number may run: each view is kept by one of them, and the others stand by to take
    over within seconds. Needs ANNALS_DATABASE_URL.
    """
    uvloop.run(_until_told_to_stop(project(load_settings())))


async def _until_told_to_stop(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        click.echo("stopped", err=True)
