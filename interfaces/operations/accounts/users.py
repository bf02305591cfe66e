"""`annals users`: creates accounts, grants roles, locks people out and lets them in again."""

from collections.abc import Callable
from uuid import uuid4

import click
import msgspec

from application.commands.identity.access_tokens import RegisterService
from application.commands.identity.accounts import (
    AccountCommand,
    DisableAccount,
    EnableAccount,
    GrantRole,
    RegisterAccount,
    RevokeRole,
)
from application.commands.identity.passwords import ChangePassword, RequestPasswordReset
from application.parts import AdministrationParts
from domain.errors import DomainError
from domain.identity.account import Account
from domain.vocabulary import (
    AccountId,
    Email,
    Name,
    PasswordChange,
    PasswordResetId,
    Role,
    SessionEnd,
)
from interfaces.operations.accounts.administration import account_named, administer
from interfaces.operations.accounts.second_factors import reset_second_factors
from interfaces.operations.accounts.user_reports import list_users, sessions, show_user
from interfaces.operations.operator import operator_context, operator_option

MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 10, 128
ROLES = click.Choice([str(role) for role in Role])


@click.group
def command() -> None:
    """List, create, disable and enable accounts; end sessions.

    The log records these changes with the actor system:cli: and the name of the operator.
    """


def _checked_password(
    _context: click.Context, _option: click.Parameter, password: str | None
) -> str | None:
    if password is not None and not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise click.ClickException(
            f"A password needs {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters."
        )
    return password


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
    "--verified", is_flag=True, help="You know that the person reads the mail of this address."
)
@click.option(
    "--password",
    callback=_checked_password,
    help="Prompted for when not given; in a script, pipe it to standard input instead.",
)
@operator_option
def create(
    email: str | None,
    name: str | None,
    service: str | None,
    roles: tuple[str, ...],
    verified: bool,
    password: str | None,
    operator: str,
) -> None:
    """Create an account of a person with this EMAIL, or of a machine with --service."""
    granted = tuple(map(Role, roles))
    if service is not None:
        if email or name or password or verified:
            raise click.ClickException("A machine has a name (--service) and roles, nothing else.")
        _register_service(service, granted, operator)
        return
    if email is None:
        raise click.ClickException("Give the EMAIL of a person, or --service NAME for a machine.")
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        _checked_password(click.get_current_context(), click.Option(["--password"]), password)
    _register_person(email, name, granted, password, operator, verified=verified)


def _register_service(name: str, roles: tuple[Role, ...], operator: str) -> None:
    try:
        called = msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise click.ClickException("The name must be one line of 1–200 characters.") from None
    register = RegisterService(account_id=AccountId(uuid4()), name=called, roles=roles)

    async def work(parts: AdministrationParts) -> Account:
        return (await parts.commands.handle(register, operator_context(operator))).state

    _show(administer(work))


def _register_person(
    email: str,
    name: str | None,
    roles: tuple[Role, ...],
    password: str,
    operator: str,
    *,
    verified: bool,
) -> None:
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
            verified=verified,
        )
        await parts.passwords.set(account_id, password)
        try:
            receipt = await parts.commands.handle(register, operator_context(operator))
        except DomainError:
            await parts.passwords.forget(account_id)
            raise
        for role in roles:
            grant = GrantRole(account_id=account_id, role=role)
            receipt = await parts.commands.handle(grant, operator_context(operator))
        return receipt.state

    _show(administer(work))


@command.command
@click.argument("account", metavar="EMAIL_OR_ID")
@click.argument("role", type=ROLES)
@operator_option
def grant(account: str, role: str, operator: str) -> None:
    """Grant a role. It takes effect within 5 seconds."""
    _change(account, operator, lambda id_: GrantRole(account_id=id_, role=Role(role)))


@command.command
@click.argument("account", metavar="EMAIL_OR_ID")
@click.argument("role", type=ROLES)
@operator_option
def revoke(account: str, role: str, operator: str) -> None:
    """Revoke a role. Every process refuses it within 5 seconds."""
    _change(account, operator, lambda id_: RevokeRole(account_id=id_, role=Role(role)))


@command.command
@click.argument("account", metavar="EMAIL_OR_ID")
@click.option("--reason", default="", help="Why, for the log.")
@operator_option
def disable(account: str, reason: str, operator: str) -> None:
    """Disable an account: its sessions end, nobody can log in, and nothing is sent."""
    _change(
        account,
        operator,
        lambda id_: DisableAccount(account_id=id_, reason=reason),
        ending=SessionEnd.DISABLED,
    )


@command.command
@click.argument("account", metavar="EMAIL_OR_ID")
@operator_option
def enable(account: str, operator: str) -> None:
    """Enable an account that was disabled."""
    _change(account, operator, lambda id_: EnableAccount(account_id=id_))


@command.command("reset-password")
@click.argument("account", metavar="EMAIL_OR_ID")
@click.option(
    "--password",
    prompt=True,
    prompt_required=False,
    hide_input=True,
    confirmation_prompt=True,
    callback=lambda context, option, text: text and _checked_password(context, option, text),
    help="Set a password and end all sessions instead; prompted for when not given.",
)
@operator_option
def reset_password(account: str, password: str | None, operator: str) -> None:
    """Send a link that sets a new password by mail, or set the password."""

    async def work(parts: AdministrationParts) -> str:
        account_id, who = await account_named(parts, account), operator_context(operator)
        if password is None:
            reset_id = PasswordResetId(uuid4())
            ask = RequestPasswordReset(reset_id=reset_id, account_id=account_id)
            await parts.commands.handle(ask, who)
            return "A mail with a link is on its way; the link works for 15 minutes."
        password_hash = await parts.passwords.prepare(password)
        change = ChangePassword(account_id=account_id, method=PasswordChange.OPERATOR)
        await parts.commands.handle(change, who)
        await parts.passwords.keep(account_id, password_hash)
        await parts.active_sessions.end_all(account_id, SessionEnd.PASSWORD_CHANGED, who)
        return "The password is set, and all sessions have ended."

    click.echo(administer(work))


command.add_command(list_users)
command.add_command(show_user)
command.add_command(sessions)
command.add_command(reset_second_factors)


def _change(
    account: str,
    operator: str,
    change: Callable[[AccountId], AccountCommand],
    *,
    ending: SessionEnd | None = None,
) -> None:
    """Carry out a change of the named account, and end its sessions for the reason `ending`."""

    async def work(parts: AdministrationParts) -> Account:
        account_id, who = await account_named(parts, account), operator_context(operator)
        changed = await parts.commands.handle(change(account_id), who)
        if ending is not None:
            await parts.active_sessions.end_all(account_id, ending, who)
        return changed.state

    _show(administer(work))


def _show(account: Account) -> None:
    click.echo(f"{account.id}  {account.email or account.name}  {', '.join(account.roles)}")
