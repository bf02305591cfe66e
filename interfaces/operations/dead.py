"""`annals dead`: lists, retries and discards parked events."""

import asyncio
import sys

import click
from rich.console import Console
from rich.table import Table

from application.ports.startup import OperationRefused
from application.reactions.catalogue import REACTION_NAMES
from infrastructure.bootstrap import load_settings, open_operations
from interfaces.cli.cli_errors import reported_errors
from projections.catalogue import VIEWS

RELAY = "relay"
ENQUEUER = "enqueue"
EVENT_COUNTER = "tally"
FOLDED = [view.name for view in VIEWS]
REACTING = list(REACTION_NAMES)
RETRIED = click.Choice([*FOLDED, *REACTING])
READER = click.Choice([*FOLDED, *REACTING, RELAY, ENQUEUER, EVENT_COUNTER])


@click.group
def command() -> None:
    """List, retry and discard parked events.

    A view, a reaction or the relay parks an event that it fails to process, and continues with
    the next one; later events of the same row are folded without it. The event stays in the log.
    Needs ANNALS_DATABASE_URL.
    """


@command.command("list")
@click.option("--view", type=READER, help="Only events parked by this view, reaction or relay.")
@click.option("--discarded", is_flag=True, help="Include discarded events.")
def list_dead(view: str | None, discarded: bool) -> None:
    """List parked events with their errors."""
    with reported_errors():
        asyncio.run(_list(view, discarded))


async def _list(view: str | None, discarded: bool) -> None:
    async with open_operations(load_settings()) as care:
        dead = await care.dead(view=view, discarded=discarded)
    if not dead:
        click.echo("No event is parked.")
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
@click.option("--view", type=RETRIED, help="Only events parked by this view or reaction.")
def retry(view: str | None) -> None:
    """Retry parked events, after a fix of the code.

    A view folds the affected rows again from the first event of their stream, so that events
    after the parked one count too. A reaction handles the event now. Views whose rows are
    never changed or made of several streams cannot be retried: the command names those to
    rebuild. Exits with code 1 when an event still fails.
    """
    with reported_errors():
        failed = asyncio.run(_retry(view))
    sys.exit(1 if failed else 0)


async def _retry(view: str | None) -> int:
    failed = 0
    async with open_operations(load_settings()) as care:
        dead = await care.dead(view=view)
        for event in dead:
            if event.view in REACTING:
                error = await care.react(event.view, event.position)
                failed += error is not None
                skip = f"{error}; to skip it, {_discard_command(event.view, event.position)}"
                outcome = "handled" if error is None else skip
                click.echo(f"{event.view}: position {event.position}: {outcome}")
            elif event.view not in FOLDED:
                failed += 1
                hint = _by_hand(event.view, event.position)
                click.echo(f"{event.view}: position {event.position}: {hint}")
        folded = [(event.view, event.stream) for event in dead if event.view in FOLDED]
        for name, stream in dict.fromkeys(folded):
            try:
                error = await care.retry(name, stream)
            except OperationRefused as refusal:  # the other streams may succeed
                failed += 1
                click.echo(f"Error: {refusal}", err=True)
                continue
            failed += error is not None
            click.echo(f"{name}: stream {stream}: {error or 'folded again'}")
    if not dead:
        click.echo("No event is parked.")
    return failed


def _by_hand(view: str, position: int) -> str:
    if view == RELAY:
        return f"send it with `annals relay replay --from {position} --to {position}`"
    return f"cannot be retried: {_discard_command(view, position)}"


def _discard_command(view: str, position: int) -> str:
    return f"run `annals dead discard {view} {position}`"


@command.command
@click.argument("view", type=READER)
@click.argument("position", type=int)
def discard(view: str, position: int) -> None:
    """Stop counting a parked event of VIEW (a view, a reaction or the relay).

    The view does not change and stays without this event. `annals dead list --discarded` still
    shows it.
    """
    with reported_errors():
        found = asyncio.run(_discard(view, position))
    if not found:
        raise click.ClickException(f"{view} has no parked event at position {position}.")
    click.echo(f"{view}: discarded the event at position {position}")


async def _discard(view: str, position: int) -> bool:
    async with open_operations(load_settings()) as care:
        return await care.discard(view, position)
