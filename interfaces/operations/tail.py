"""`annals tail`: what an account hears, as it happens."""

import asyncio
import contextlib
from collections.abc import Sequence

import click

from infrastructure.bootstrap import LiveEvent, Resync, load_settings, open_service
from interfaces.cli.cli_errors import reported_errors
from projections.views.accounts import by_email


@click.command
@click.option("--user", metavar="EMAIL", required=True, help="The account to listen for.")
@click.option("--after", type=click.IntRange(min=0), help="From this log position on.")
def command(user: str, after: int | None) -> None:
    """Show what an account hears, as it happens.

    One CloudEvent a line, as the live stream and Kafka tell it; without --after, from now on.
    Needs ANNALS_DATABASE_URL. Ctrl-C ends it.
    """
    with reported_errors(), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tail(user, after))


async def _tail(user: str, after: int | None) -> None:
    async with open_service(load_settings()) as service:
        account = await service.ask(by_email, user)
        if account is None:
            raise click.ClickException(f"There is no account {user}.")
        following = asyncio.create_task(service.live.run())
        try:
            async with service.live.listen(account.id, after=after) as listener:
                while True:
                    _show(await listener.next_events(timeout_seconds=60))
        finally:
            following.cancel()


def _show(more: Sequence[LiveEvent] | Resync) -> None:
    if isinstance(more, Resync):
        click.echo(f"too far behind; going on from {more.position}", err=True)
        return
    for event in more:
        click.echo(event.json)
