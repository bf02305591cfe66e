"""`annals events`: prints events of the log."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

import click
import msgspec

from infrastructure.bootstrap import load_settings, open_operations


@click.group
def command() -> None:
    """Print events of the log as JSON lines.

    Needs ANNALS_DATABASE_URL.
    """


@command.command
@click.option(
    "-n",
    "--last",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="Number of past events to print first.",
)
def tail(last: int) -> None:
    """Print the last events, then new events as they arrive, until Ctrl-C."""
    with suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(_tail(last))


async def _tail(last: int) -> None:
    async with open_operations(load_settings()) as care:
        async for entry in care.tail(last=last):
            click.echo(_line(entry))


@command.command
@click.argument("stream", type=click.UUID)
def show(stream: UUID) -> None:
    """Print the events of a stream (a task, an account, …), the oldest first."""
    if not asyncio.run(_show(stream)):
        raise click.ClickException(f"Stream {stream} has no events.")


async def _show(stream: UUID) -> int:
    async with open_operations(load_settings()) as care:
        entries = await care.show(stream)
    for entry in entries:
        click.echo(_line(entry))
    return len(entries)


def _line(entry: Any) -> str:
    """Return an event as JSON, with its position first because people look for it."""
    fields = {"position": entry.position, **msgspec.to_builtins(entry)}
    return msgspec.json.encode(fields).decode()
