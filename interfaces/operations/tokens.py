"""`annals tokens`: creates, lists and revokes personal access tokens."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

import click
import msgspec

from application.command import Context
from application.commands.access_tokens import CreateToken, RevokeToken
from application.commands.accounts import AccountStream
from application.parts import AdministrationParts
from domain.errors import AccountNotFound, DomainError
from domain.vocabulary import AccountId, Name, Scope, TokenId
from infrastructure.bootstrap import load_settings, open_administration
from interfaces.cli.cli_errors import reported_errors

T = TypeVar("T")

SCOPES = click.Choice([str(scope) for scope in Scope])


@click.group
def command() -> None:
    """Create, list and revoke personal access tokens.

    ACCOUNT is an email address, or the id of an account: a machine has no address.
    """


@command.command
@click.argument("account")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    type=SCOPES,
    multiple=True,
    required=True,
    help="What the token may do; may be repeated.",
)
@click.option(
    "--expires-at",
    type=click.DateTime(),
    help="Date and time in UTC, such as 2030-01-31T18:00:00; default: it does not expire.",
)
def create(account: str, name: str, scopes: tuple[str, ...], expires_at: datetime | None) -> None:
    """Create a token, and print it: it is not shown again."""
    try:
        called = msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise click.ClickException("The name must be one line of 1–200 characters.") from None

    async def work(parts: AdministrationParts) -> str:
        account_id = await _account(parts, account)
        token_id = TokenId(uuid4())
        secret = await parts.access_tokens.keep(account_id, token_id)
        request = CreateToken(
            account_id=account_id,
            token_id=token_id,
            name=called,
            scopes=tuple(map(Scope, scopes)),
            expires_at=expires_at and expires_at.replace(tzinfo=UTC),
            most=parts.most_tokens,
        )
        try:
            await parts.commands.handle(request, _context())
        except DomainError:
            await parts.access_tokens.discard(token_id)
            raise
        return secret

    click.echo(_run(work))


@command.command("list")
@click.argument("account")
def list_tokens(account: str) -> None:
    """List the tokens of an account: id, last use, expiry, scopes and name."""

    async def work(parts: AdministrationParts) -> list[str]:
        account_id = await _account(parts, account)
        stream = AccountStream(account_id=account_id)
        state = (await parts.commands.read(stream, _context())).state
        used = await parts.access_tokens.last_used(account_id)
        return [
            f"{token.id}  used {_moment(used.get(token.id))}  expires {_moment(token.expires_at)}"
            f"  {' '.join(token.scopes)}  {token.name}"
            for token in state.tokens
        ]

    for line in _run(work):
        click.echo(line)


@command.command
@click.argument("account")
@click.argument("token_id", type=click.UUID)
def revoke(account: str, token_id: UUID) -> None:
    """Revoke a token. Every process refuses it within 5 seconds."""

    async def work(parts: AdministrationParts) -> None:
        account_id = await _account(parts, account)
        request = RevokeToken(account_id=account_id, token_id=TokenId(token_id))
        await parts.commands.handle(request, _context())
        await parts.access_tokens.discard(token_id)

    _run(work)
    click.echo(f"{token_id} is revoked.")


async def _account(parts: AdministrationParts, named: str) -> AccountId:
    """Return the account with this address or id.

    Raises:
        AccountNotFound: there is none.
    """
    try:
        return AccountId(UUID(named))
    except ValueError:
        account_id = await parts.streams.account_with_email(named)
    if account_id is None:
        raise AccountNotFound(named)
    return account_id


def _run(work: Callable[[AdministrationParts], Awaitable[T]]) -> T:
    async def main() -> T:
        async with open_administration(load_settings()) as parts:
            return await work(parts)

    with reported_errors():
        return asyncio.run(main())


def _context() -> Context:
    return Context(actor="system:cli", now=datetime.now(UTC), correlation_id=uuid4())


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
