"""`annals tail`: prints the live events of an account."""

import asyncio
import contextlib
from collections.abc import Sequence

import click

from application.ports.live import LiveEvent, Resync
from infrastructure.bootstrap import load_settings, open_administration
from interfaces.cli.cli_errors import reported_errors


@click.command
@click.option("--user", metavar="EMAIL", required=True, help="Email address of the account.")
@click.option(
    "--after",
    type=click.IntRange(min=0),
    help="Start after this position of the log; default: now.",
)
def command(user: str, after: int | None) -> None:
    """Print the live events of an account.

    Prints one CloudEvent per line, the same as the live stream and Kafka, until Ctrl-C. Needs
    ANNALS_DATABASE_URL.
    """
    with reported_errors(), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tail(user, after))


async def _tail(user: str, after: int | None) -> None:
    async with open_administration(load_settings()) as parts:
        account = await parts.streams.account_with_email(user)
        if account is None:
            raise click.ClickException(f"There is no account {user}.")
        following = asyncio.create_task(parts.feed.run())
        try:
            async with parts.feed.listen(account, after=after) as listener:
                while True:
                    _show(await listener.next_events(timeout_seconds=60))
        finally:
            following.cancel()


def _show(more: Sequence[LiveEvent] | Resync) -> None:
    if isinstance(more, Resync):
        click.echo(f"too far behind; continuing at position {more.position}", err=True)
        return
    for event in more:
        click.echo(event.json)
