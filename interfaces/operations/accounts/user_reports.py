"""`annals users list|show|sessions`: who has an account, and where they are logged in."""

from collections.abc import Sequence
from uuid import UUID

import click

from application.parts import AdministrationParts
from application.ports.identity import ActiveSession
from domain.errors import SessionNotFound
from domain.identity.account import Account
from domain.vocabulary import SessionEnd
from interfaces.operations.accounts.administration import account_named, administer
from interfaces.operations.operator import operator_context, operator_option
from projections.views import accounts
from projections.views.accounts import AccountFilter, AccountRow

STATES = click.Choice([str(state) for state in AccountFilter])


@click.command("list")
@click.option("--search", help="Only accounts whose email address or name contains this.")
@click.option(
    "--state",
    type=STATES,
    default=str(AccountFilter.EXISTING),
    show_default=True,
    help="Only accounts in this state; existing: all that are not deleted.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="List so many accounts at most.",
)
def list_users(search: str | None, state: str, limit: int) -> None:
    """List accounts, the latest registered first."""

    async def work(parts: AdministrationParts) -> Sequence[AccountRow]:
        return await parts.queries.run(
            accounts.latest, text=search, state=AccountFilter(state), limit=limit
        )

    for row in administer(work):
        said = "deleted" if row.deleted_at else "disabled" if row.disabled_at else "active"
        click.echo(f"{row.id}  {row.email or row.name}  {', '.join(row.roles)}  {said}")


@click.command("show")
@click.argument("account", metavar="EMAIL_OR_ID")
def show_user(account: str) -> None:
    """Show an account: its address, its roles, and whether it can be used."""

    async def work(parts: AdministrationParts) -> tuple[Account, int]:
        account_id = await account_named(parts, account)
        sessions = await parts.active_sessions.of_account(account_id)
        return await parts.commands.current_state(Account(), account_id), len(sessions)

    found, sessions = administer(work)
    verified = "confirmed" if found.email_verified else "not confirmed"
    state = "deleted" if found.deleted else "disabled" if found.disabled else "active"
    for label, value in (
        ("id", found.id),
        ("email", f"{found.email} ({verified})" if found.email else "none: a machine"),
        *([("wants the address", found.pending_email)] if found.pending_email else []),
        ("name", found.name),
        ("roles", ", ".join(found.roles)),
        ("registered", found.registered_at),
        ("state", state),
        ("sessions", sessions),
    ):
        click.echo(f"{label:18} {value}")


@click.command("sessions")
@click.argument("account", metavar="EMAIL_OR_ID")
@click.option("--end", "ended", type=click.UUID, help="End the session with this id.")
@click.option("--end-all", is_flag=True, help="End all sessions.")
@operator_option
def sessions(account: str, ended: UUID | None, end_all: bool, operator: str) -> None:
    """List the sessions of an account, and end them."""

    async def work(parts: AdministrationParts) -> Sequence[ActiveSession]:
        account_id, active = await account_named(parts, account), parts.active_sessions
        who = operator_context(operator)
        if end_all:
            await active.end_all(account_id, SessionEnd.OPERATOR, who)
        elif ended is not None and not await active.end(
            account_id, ended, SessionEnd.OPERATOR, who
        ):
            raise SessionNotFound(ended)
        return await active.of_account(account_id)

    for session in administer(work):
        used = f"{session.last_used_at:%Y-%m-%d %H:%M}"
        click.echo(f"{session.id}  {session.method}  {session.device}  last used {used}")
