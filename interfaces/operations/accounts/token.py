"""`annals token`: prints an access token of an account."""

import asyncio

import click

from application.commands.identity.accounts import AccountStream
from application.ports.identity import SignIn
from domain.errors import AccountIsDisabled, AccountNotFound
from domain.vocabulary import SignInMethod
from infrastructure.bootstrap import load_settings, open_tokens
from interfaces.cli.cli_errors import reported_errors
from interfaces.operations.operator import operator_context, operator_option


@click.command
@click.argument("email")
@operator_option
def command(email: str, operator: str) -> None:
    """Print a new access token of an account.

    Needs no password, so it is for whoever has the database and the keys: ANNALS_DATABASE_URL and
    ANNALS_KEYS_DIR, or a running `annals dev`. The token is valid for some minutes
    (ANNALS_ACCESS_TOKEN_MINUTES). The log records a session of the account, which its owner sees.
    """
    with reported_errors():
        click.echo(asyncio.run(_token(email, operator)))


async def _token(email: str, operator: str) -> str:
    async with open_tokens(load_settings()) as parts:
        account_id = await parts.streams.account_with_email(email)
        if account_id is None:
            raise AccountNotFound(email)
        context = operator_context(operator)
        account = await parts.commands.read(AccountStream(account_id=account_id), context)
        if not account.state.active:
            raise AccountIsDisabled
        origin = SignIn(method=SignInMethod.TOKEN_CLI, device="annals token", address="")
        tokens = await parts.sessions.login(account.state, origin, context)
    return tokens.access_token
