"""`annals dead-letters`: lists, retries and discards undeliverable notifications."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

from application.commands.notifications import (
    DeadLetterCommand,
    DiscardNotification,
    RetryNotification,
)
from application.parts import AdministrationParts
from application.ports.unreadable import UnreadableEvent
from domain.errors import DomainError
from domain.vocabulary import NotificationId
from infrastructure.bootstrap import load_settings, open_administration
from interfaces.cli.cli_errors import reported_errors
from interfaces.operations.operator import operator_context, operator_option
from projections.rows import BEFORE_ALL
from projections.views.reminders import notifications

T = TypeVar("T")

MAX_LISTED = 1_000


@click.group
def command() -> None:
    """List, retry and discard undeliverable notifications.

    A dead letter is a notification whose receiver rejected it permanently, or whose last attempt
    failed. It stays in the log: retry it after fixing the cause. Needs ANNALS_DATABASE_URL.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Output one JSON object per line.")
def list_dead_letters(as_json: bool) -> None:
    """List dead letters, the oldest first."""

    async def find(parts: AdministrationParts) -> list[notifications.NotificationRow]:
        return list(
            await parts.queries.run(notifications.dead, beyond=BEFORE_ALL, limit=MAX_LISTED)
        )

    rows = _with_parts(find)
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(row).decode())
        return
    if not rows:
        click.echo("There are no dead letters.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "channel", "kind", "given up", "attempts", "reason"):
        table.add_column(heading, no_wrap=heading != "reason")
    for row in rows:
        table.add_row(
            str(row.id),
            row.channel,
            row.kind,
            f"{row.settled_at:%Y-%m-%d %H:%M:%S}",
            str(row.attempts),
            row.reason,
        )
    Console(width=None if sys.stdout.isatty() else 240, markup=False).print(table)


@command.command
@click.argument("notification", type=click.UUID)
def show(notification: UUID) -> None:
    """Show the events of a notification, one JSON object per line."""

    async def find(parts: AdministrationParts) -> list[str]:
        return [
            msgspec.json.encode(
                {"at": fact.recorded_at, "actor": fact.actor, "event": fact.event}
            ).decode()
            for fact in await parts.streams.events(notification)
        ]

    lines = _with_parts(find)
    if not lines:
        raise click.ClickException(f"There is no notification {notification}.")
    click.echo("\n".join(lines))


@command.command
@click.argument("ids", type=click.UUID, nargs=-1)
@click.option("--all", "every", is_flag=True, help="All dead letters.")
@operator_option
def retry(ids: tuple[UUID, ...], every: bool, operator: str) -> None:
    """Retry dead letters, with the full number of attempts."""
    _settle(ids, every, operator, lambda each: RetryNotification(notification_id=each), "retried")


@command.command
@click.argument("ids", type=click.UUID, nargs=-1)
@click.option("--all", "every", is_flag=True, help="All dead letters.")
@operator_option
def discard(ids: tuple[UUID, ...], every: bool, operator: str) -> None:
    """Discard dead letters. They stay in the log and can still be retried."""
    _settle(
        ids, every, operator, lambda each: DiscardNotification(notification_id=each), "discarded"
    )


def _settle(
    ids: tuple[UUID, ...],
    every: bool,
    operator: str,
    make: Callable[[NotificationId], DeadLetterCommand],
    done: str,
) -> None:
    if every == bool(ids):
        raise click.UsageError("Give the ids of dead letters, or --all.")

    async def settle(parts: AdministrationParts) -> int:
        wanted = list(ids)
        if every:
            rows = await parts.queries.run(notifications.dead, beyond=BEFORE_ALL, limit=MAX_LISTED)
            wanted = [row.id for row in rows]
        refused = 0
        for each in wanted:
            try:
                command = make(NotificationId(each))
                await parts.commands.handle(command, operator_context(operator))
                click.echo(f"{each}: {done}")
            except (DomainError, UnreadableEvent) as refusal:
                refused += 1
                click.echo(f"{each}: {refusal}", err=True)
        return refused

    sys.exit(1 if _with_parts(settle) else 0)


def _with_parts(work: Callable[[AdministrationParts], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_administration(load_settings()) as parts:
            return await work(parts)

    with reported_errors():
        return asyncio.run(run())
