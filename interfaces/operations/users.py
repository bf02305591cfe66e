"""`annals users`: creates accounts and grants roles."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import click
import msgspec

from application.command import Context
from application.commands.access_tokens import RegisterService
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
@click.argument("email", required=False)
@click.option("--name", help="Name of the person; default: the part of EMAIL before the @.")
@click.option(
    "--service",
    metavar="NAME",
    help="Create an account for a machine, without address and password: `annals tokens create`"
    " gives it tokens.",
)
@click.option(
    "--role", "roles", type=ROLES, multiple=True, help="Grant this role too; may be repeated."
)
@click.option(
    "--password",
    help="Prompted for when not given; in a script, pipe it to standard input instead.",
)
def create(
    email: str | None,
    name: str | None,
    service: str | None,
    roles: tuple[str, ...],
    password: str | None,
) -> None:
    """Create an account of a person with this EMAIL, or of a machine with --service."""
    granted = tuple(map(Role, roles))
    if service is not None:
        if email or name or password:
            raise click.ClickException("A machine has a name (--service) and nothing else.")
        _show(_run(lambda parts: _register_service(parts, service, granted)))
        return
    if email is None:
        raise click.ClickException("Give the EMAIL of a person, or --service NAME for a machine.")
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    _show(_register_person(email, name, granted, password))


async def _register_service(
    parts: AdministrationParts, name: str, roles: tuple[Role, ...]
) -> Account:
    try:
        called = msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise click.ClickException("The name must be one line of 1–200 characters.") from None
    register = RegisterService(account_id=AccountId(uuid4()), name=called, roles=roles)
    return (await parts.commands.handle(register, _context())).state


def _register_person(
    email: str, name: str | None, roles: tuple[Role, ...], password: str
) -> Account:
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
            grant = GrantRole(account_id=account_id, role=role)
            receipt = await parts.commands.handle(grant, _context())
        return receipt.state

    return _run(work)


@command.command
@click.argument("email")
@click.argument("role", type=ROLES)
def grant(email: str, role: str) -> None:
    """Grant a role. It takes effect within 5 seconds."""
    _show(_run(lambda parts: _change_role(parts, email, Role(role), GrantRole)))


@command.command
@click.argument("email")
@click.argument("role", type=ROLES)
def revoke(email: str, role: str) -> None:
    """Revoke a role. Every process refuses it within 5 seconds."""
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
    click.echo(f"{account.id}  {account.email or account.name}  {', '.join(account.roles)}")
