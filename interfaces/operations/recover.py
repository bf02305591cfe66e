"""`annals recover`: brings back what has read events that the log no longer has."""

import asyncio

import click

from infrastructure.bootstrap import load_settings, open_operations
from interfaces.cli.cli_errors import reported_errors


@click.command
@click.option("--dry-run", is_flag=True, help="Only list what was lost, and change nothing.")
def command(dry_run: bool) -> None:
    """Bring back what has read events that the log has lost.

    For after a restore that left views, Kafka or queues beyond the log. Lists the lost events by
    stream, version and position, rebuilds the views that show them, and moves the other readers
    back to the last event that all share. Needs ANNALS_DATABASE_URL.
    """
    with reported_errors():
        asyncio.run(_recover(dry_run))


async def _recover(dry_run: bool) -> None:
    async with open_operations(load_settings()) as care:
        found = await care.recover(dry_run=dry_run)
    for event in found.events:
        click.echo(
            f"lost: {event.action} at position {event.position:,}"
            f" (version {event.version} of stream {event.stream})"
        )
    for reader, position in found.readers.items():
        outcome = "is beyond the log" if dry_run else "was brought back"
        click.echo(f"{reader}: {outcome}, position {position:,}")
    if not found.readers:
        click.echo("No reader is beyond the log.")
