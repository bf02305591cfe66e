"""`annals users`: creates accounts and grants roles."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import click
import msgspec

from application.command import Context
from application.commands.accounts import AccountCommand, GrantRole, RegisterAccount, RevokeRole
from application.parts import AdministrationParts
from domain.account import Account
from domain.errors import AccountNotFound, DomainError
from domain.vocabulary import AccountId, Email, Name, Role
from infrastructure.bootstrap import load_settings, open_administration
from interfaces.cli.cli_errors import reported_errors

T = TypeVar("T")

MIN_PASSWORD_LENGTH = 10
ROLES = click.Choice([str(role) for role in Role])


@click.group
def command() -> None:
    """Create accounts and grant roles.

    The log records these changes with the actor system:cli.
    """


@command.command
@click.argument("email")
@click.option("--name", help="Name of the person; default: the part of EMAIL before the @.")
@click.option(
    "--role", "roles", type=ROLES, multiple=True, help="Grant this role too; may be repeated."
)
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Prompted for when not given; in a script, pipe it to standard input instead.",
)
def create(email: str, name: str | None, roles: tuple[str, ...], password: str) -> None:
    """Create an account."""
    if len(password) < MIN_PASSWORD_LENGTH:
        raise click.ClickException(f"A password needs at least {MIN_PASSWORD_LENGTH} characters.")
    account_id = AccountId(uuid4())
    try:
        address = msgspec.convert(email, Email)
        called = msgspec.convert(name or email.partition("@")[0], Name)
    except msgspec.ValidationError:
        raise click.ClickException("The email address or the name is not valid.") from None

    async def work(parts: AdministrationParts) -> Account:
        register = RegisterAccount(
            account_id=account_id,
            email=address,
            name=called,
            address_stream=parts.names().address_stream(address),
        )
        await parts.passwords.set(account_id, password)
        try:
            receipt = await parts.commands.handle(register, _context())
        except DomainError:
            await parts.passwords.forget(account_id)
            raise
        for role in roles:
            grant = GrantRole(account_id=account_id, role=Role(role))
            receipt = await parts.commands.handle(grant, _context())
        return receipt.state

    _show(_run(work))


@command.command
@click.argument("email")
@click.argument("role", type=ROLES)
def grant(email: str, role: str) -> None:
    """Grant a role. It takes effect with the next access token."""
    _show(_run(lambda parts: _change_role(parts, email, Role(role), GrantRole)))


@command.command
@click.argument("email")
@click.argument("role", type=ROLES)
def revoke(email: str, role: str) -> None:
    """Revoke a role. Access tokens issued before keep it until they expire, within minutes."""
    _show(_run(lambda parts: _change_role(parts, email, Role(role), RevokeRole)))


async def _change_role(
    parts: AdministrationParts, email: str, role: Role, change: type[GrantRole] | type[RevokeRole]
) -> Account:
    account_id = await _account_of(parts, email)
    asked: AccountCommand = change(account_id=account_id, role=role)
    return (await parts.commands.handle(asked, _context())).state


async def _account_of(parts: AdministrationParts, email: str) -> AccountId:
    account_id = await parts.streams.account_with_email(email)
    if account_id is None:
        raise AccountNotFound(email)
    return account_id


def _run(work: Callable[[AdministrationParts], Awaitable[T]]) -> T:
    async def main() -> T:
        async with open_administration(load_settings()) as parts:
            return await work(parts)

    with reported_errors():
        return asyncio.run(main())


def _context() -> Context:
    return Context(actor="system:cli", now=datetime.now(UTC), correlation_id=uuid4())


def _show(account: Account) -> None:
    click.echo(f"{account.id}  {account.email}  {', '.join(account.roles)}")
