"""`annals series`: updates recurring tasks after a time zone change."""

import asyncio
from datetime import UTC, datetime

import click

from infrastructure.bootstrap import load_settings, open_time_zone_update
from interfaces.cli.cli_errors import reported_errors


@click.group
def command() -> None:
    """Update recurring tasks after a time zone change. Needs ANNALS_DATABASE_URL."""


@command.command("retime")
@click.option("--dry-run", is_flag=True, help="Show the changes without making them.")
def retime(dry_run: bool) -> None:
    """Recompute due times after an update of the tzdata package.

    An occurrence keeps its local time; its instant changes when a country changes its clocks.
    Considers open tasks that are due in the future and whose due time nobody set by hand. Each
    change is an event.
    """
    with reported_errors():
        asyncio.run(_retime(dry_run))


async def _retime(dry_run: bool) -> None:
    count = 0
    async with open_time_zone_update(load_settings()) as retiming:
        async for moved in retiming.moved(datetime.now(UTC)):
            count += 1
            old = moved.old
            click.echo(
                f"{old.task_id}  {old.occurrence:%Y-%m-%d %H:%M} {old.timezone}"
                f"  {old.due_at:%Y-%m-%dT%H:%MZ} -> {moved.due_at:%Y-%m-%dT%H:%MZ}"
            )
            if not dry_run:
                await retiming.move(moved)
    what = "would move" if dry_run else "moved"
    click.echo(f"{count} {'task' if count == 1 else 'tasks'} {what}.")
