"""`annals token`: prints an access token of an account."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import click

from application.command import Context
from application.commands.accounts import AccountStream
from domain.errors import AccountNotFound
from infrastructure.bootstrap import load_settings, open_tokens
from interfaces.cli.cli_errors import reported_errors


@click.command
@click.argument("email")
def command(email: str) -> None:
    """Print a new access token of an account.

    Needs no password, so it is for whoever has the database and the keys: ANNALS_DATABASE_URL and
    ANNALS_KEYS_DIR, or a running `annals dev`. The token is valid for some minutes
    (ANNALS_ACCESS_TOKEN_MINUTES).
    """
    with reported_errors():
        click.echo(asyncio.run(_token(email)))


async def _token(email: str) -> str:
    async with open_tokens(load_settings()) as parts:
        account_id = await parts.streams.account_with_email(email)
        if account_id is None:
            raise AccountNotFound(email)
        context = Context(actor="system:cli", now=datetime.now(UTC), correlation_id=uuid4())
        account = await parts.commands.read(AccountStream(account_id=account_id), context)
        tokens = await parts.sessions.login(account_id, account.state.roles)
    return tokens.access_token
