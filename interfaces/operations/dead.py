"""`annals dead`: events that could not be taken in, and what becomes of them."""

import asyncio
import sys

import click
from rich.console import Console
from rich.table import Table

from application.ports.startup import OperationRefused
from application.reactions.catalogue import REACTIONS
from infrastructure.bootstrap import load_settings, open_operations
from interfaces.cli.cli_errors import reported_errors
from projections.catalogue import VIEWS

RELAY = "relay"
FOLDED = [view.name for view in VIEWS]
VIEW = click.Choice(FOLDED)
READER = click.Choice([*FOLDED, *(reaction.name for reaction in REACTIONS), RELAY])


@click.group
def command() -> None:
    """Deal with events a view, a reaction or the relay set aside.

    Such an event is set aside, and the rest goes on: what later happened to the same row of a
    view was folded without it. Nothing is lost, for the event stays in the log. Needs
    ANNALS_DATABASE_URL.
    """


@command.command("list")
@click.option("--view", type=READER, help="Only those of one view, of a reaction, or of the relay.")
@click.option("--discarded", is_flag=True, help="Those that were discarded, too.")
def list_dead(view: str | None, discarded: bool) -> None:
    """Show what is set aside, and why."""
    with reported_errors():
        asyncio.run(_list(view, discarded))


async def _list(view: str | None, discarded: bool) -> None:
    async with open_operations(load_settings()) as care:
        dead = await care.dead(view=view, discarded=discarded)
    if not dead:
        click.echo("No event is set aside.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("view", "position", "topic", "version", "stream", "at", "error"):
        table.add_column(heading, no_wrap=heading not in ("error", "at"))
    for event in dead:
        table.add_row(
            event.view,
            str(event.position),
            event.topic,
            str(event.version),
            str(event.stream),
            f"{event.at:%Y-%m-%d %H:%M:%S}" + (" (discarded)" if event.discarded_at else ""),
            event.error,
        )
    Console(width=None if sys.stdout.isatty() else 240, markup=False).print(table)


@command.command
@click.option("--view", type=VIEW, help="Only those of one view.")
def retry(view: str | None) -> None:
    """Try again, after the code was mended.

    The rows concerned are folded afresh from the first event of their stream, so that what
    came after the dead event counts as well. `history` is never changed: rebuild it instead.
    Ends with exit code 1 when an event still cannot be taken in.
    """
    with reported_errors():
        failed = asyncio.run(_retry(view))
    sys.exit(1 if failed else 0)


async def _retry(view: str | None) -> int:
    failed = 0
    async with open_operations(load_settings()) as care:
        dead = await care.dead(view=view)
        for event in dead:
            if event.view not in FOLDED:
                failed += 1
                hint = _by_hand(event.view, event.position)
                click.echo(f"{event.view}: position {event.position}: {hint}")
        folded = [(event.view, event.stream) for event in dead if event.view in FOLDED]
        for name, stream in dict.fromkeys(folded):
            try:
                error = await care.retry(name, stream)
            except OperationRefused as refusal:  # the others may be mended all the same
                failed += 1
                click.echo(f"Error: {refusal}", err=True)
                continue
            failed += error is not None
            click.echo(f"{name}: stream {stream}: {error or 'folded afresh'}")
    if not dead:
        click.echo("No event is set aside.")
    return failed


def _by_hand(view: str, position: int) -> str:
    if view == RELAY:
        return f"send it with `annals relay replay --from {position} --to {position}`"
    return f"do what should follow, then `annals dead discard {view} {position}`"


@command.command
@click.argument("view", type=READER)
@click.argument("position", type=int)
def discard(view: str, position: int) -> None:
    """Count a dead event of VIEW, which may be a reaction or the relay, no more.

    What is seen stays as it is, without this event; the record that it was set aside is kept.
    """
    with reported_errors():
        found = asyncio.run(_discard(view, position))
    if not found:
        raise click.ClickException(f"No event at position {position} is set aside for {view}.")
    click.echo(f"{view}: the event at position {position} counts no more")


async def _discard(view: str, position: int) -> bool:
    async with open_operations(load_settings()) as care:
        return await care.discard(view, position)
