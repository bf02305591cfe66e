"""`annals tokens`: creates, lists and revokes personal access tokens."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import click
import msgspec

from application.commands.identity.access_tokens import CreateToken, RevokeToken
from application.parts import AdministrationParts
from domain.errors import DomainError
from domain.identity.account import Account
from domain.vocabulary import Name, Scope, TokenId
from interfaces.operations.accounts.administration import account_named, administer
from interfaces.operations.operator import operator_context, operator_option

SCOPES = click.Choice([str(scope) for scope in Scope])


@click.group
def command() -> None:
    """Create, list and revoke personal access tokens.

    A machine has no email address, only an id.
    """


@command.command
@click.argument("account", metavar="EMAIL_OR_ID")
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
@operator_option
def create(
    account: str,
    name: str,
    scopes: tuple[str, ...],
    expires_at: datetime | None,
    operator: str,
) -> None:
    """Create a token, and print it: it is not shown again."""
    try:
        called = msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise click.ClickException("The name must be one line of 1–200 characters.") from None

    async def work(parts: AdministrationParts) -> str:
        account_id = await account_named(parts, account)
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
            await parts.commands.handle(request, operator_context(operator))
        except DomainError:
            await parts.access_tokens.discard(token_id)
            raise
        return secret

    click.echo(administer(work))


@command.command("list")
@click.argument("account", metavar="EMAIL_OR_ID")
def list_tokens(account: str) -> None:
    """List the tokens of an account: id, last use, expiry, scopes and name."""

    async def work(parts: AdministrationParts) -> list[str]:
        account_id = await account_named(parts, account)
        state = await parts.commands.current_state(Account(), account_id)
        used = await parts.access_tokens.last_used(account_id)
        return [
            f"{token.id}  used {_moment(used.get(token.id))}  expires {_moment(token.expires_at)}"
            f"  {' '.join(token.scopes)}  {token.name}"
            for token in state.tokens
        ]

    for line in administer(work):
        click.echo(line)


@command.command
@click.argument("account", metavar="EMAIL_OR_ID")
@click.argument("token_id", type=click.UUID)
@operator_option
def revoke(account: str, token_id: UUID, operator: str) -> None:
    """Revoke a token. Every process refuses it within 5 seconds."""

    async def work(parts: AdministrationParts) -> None:
        account_id = await account_named(parts, account)
        request = RevokeToken(account_id=account_id, token_id=TokenId(token_id))
        await parts.commands.handle(request, operator_context(operator))
        await parts.access_tokens.discard(token_id)

    administer(work)
    click.echo(f"{token_id} is revoked.")


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
