"""Every account: one row per account."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.identity.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressChangeRequested,
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountEvent,
    AccountPasswordChanged,
    AccountProviderLinked,
    AccountProviderUnlinked,
    AccountRegistered,
    AccountRenamed,
    AccountRoleGranted,
    AccountRoleRevoked,
    AccountVerificationRequested,
    ServiceAccountRegistered,
)
from domain.events.identity.calendars import AccountCalendarClosed, AccountCalendarOpened
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, Role, Scope, Standing, TokenId
from projections.rows import AFTER_ALL, RowPosition, columns, fetch, fetch_one
from projections.view import Key


class AccountToken(Record):
    """A personal access token that is not revoked."""

    id: TokenId
    name: str
    scopes: tuple[Scope, ...]
    expires_at: datetime | None


class AccountRow(Record):
    """`disabled_at` and `deleted_at` are null while the account is neither; `email` is empty for
    the account of a machine."""

    id: AccountId
    email: str
    name: str
    roles: tuple[Role, ...]
    registered_at: datetime
    version: int
    email_verified: bool = False
    disabled_at: datetime | None = None
    deleted_at: datetime | None = None
    tokens: tuple[AccountToken, ...] = ()


class AccountFilter(StrEnum):
    """Which accounts to list."""

    EXISTING = "existing"
    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class Accounts:
    name: ClassVar[str] = "accounts"
    row: ClassVar[type[Record]] = AccountRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(AccountEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: AccountRow | None, recorded: Recorded) -> AccountRow | None:
        event, version = cast(AccountEvent, recorded.event), recorded.originator_version
        if isinstance(event, AccountRegistered | ServiceAccountRegistered):
            return AccountRow(
                id=AccountId(recorded.originator_id),
                email="" if isinstance(event, ServiceAccountRegistered) else event.email,
                name=event.name,
                roles=(Role.USER,),
                registered_at=recorded.recorded_at,
                version=version,
            )
        if row is None:
            return None  # its registration could not be projected: there is nothing to change
        return replace(row, version=version, **_changed(row, event, recorded.recorded_at))


def _changed(row: AccountRow, event: AccountEvent, at: datetime) -> dict[str, Any]:
    """Return the fields that `event` changes, with their new values."""
    match event:
        case AccountRoleGranted(role=role):
            return {"roles": (*row.roles, role)}
        case AccountRoleRevoked(role=role):
            return {"roles": tuple(other for other in row.roles if other is not role)}
        case AccountRenamed(name=name):
            return {"name": name}
        case AccountAddressVerified():
            return {"email_verified": True}
        case AccountAddressChanged(email=email):
            return {"email": email, "email_verified": True}
        case AccountDisabled():
            return {"disabled_at": at}
        case AccountEnabled():
            return {"disabled_at": None}
        case AccountDeleted():
            return {"deleted_at": at}
        case AccountTokenCreated():
            return {"tokens": (*_unexpired(row.tokens, at), _token(event))}
        case AccountTokenRevoked(token_id=token_id):
            return {"tokens": tuple(token for token in row.tokens if token.id != token_id)}
        case (
            AccountRegistered()
            | ServiceAccountRegistered()
            | AccountVerificationRequested()
            | AccountAddressChangeRequested()
            | AccountPasswordChanged()
            | AccountProviderLinked()
            | AccountProviderUnlinked()
            | AccountCalendarOpened()
            | AccountCalendarClosed()
        ):
            return {}
        case _:
            assert_never(event)


def _token(event: AccountTokenCreated) -> AccountToken:
    return AccountToken(
        id=event.token_id, name=event.name, scopes=event.scopes, expires_at=event.expires_at
    )


def _unexpired(tokens: Sequence[AccountToken], now: datetime) -> Sequence[AccountToken]:
    return [token for token in tokens if token.expires_at is None or now < token.expires_at]


_SELECT = f"SELECT {columns(AccountRow)} FROM accounts"  # noqa: S608 - columns are ours


async def by_id(connection: AsyncConnection, account_id: UUID) -> AccountRow | None:
    """Return the account, or None."""
    return await fetch_one(connection, AccountRow, f"{_SELECT} WHERE id = %s", [account_id])


async def page(
    connection: AsyncConnection, *, after: UUID | None = None, limit: int = 100
) -> Sequence[AccountRow]:
    """Return at most `limit` accounts in the order of their ids, beyond `after`."""
    if after is None:
        return await fetch(connection, AccountRow, f"{_SELECT} ORDER BY id LIMIT %s", [limit])
    return await fetch(
        connection, AccountRow, f"{_SELECT} WHERE id > %s ORDER BY id LIMIT %s", [after, limit]
    )


_CONDITIONS = {
    AccountFilter.EXISTING: "deleted_at IS NULL",
    AccountFilter.ACTIVE: "deleted_at IS NULL AND disabled_at IS NULL",
    AccountFilter.DISABLED: "deleted_at IS NULL AND disabled_at IS NOT NULL",
    AccountFilter.DELETED: "deleted_at IS NOT NULL",
}


async def latest(
    connection: AsyncConnection,
    *,
    text: str | None = None,
    state: AccountFilter = AccountFilter.EXISTING,
    beyond: RowPosition = AFTER_ALL,
    limit: int = 100,
) -> Sequence[AccountRow]:
    """Return at most `limit` accounts, the latest registered first, beyond a position; only those
    whose address or name contains `text`."""
    return await fetch(
        connection,
        AccountRow,
        f"{_SELECT} WHERE {_CONDITIONS[state]} AND (registered_at, id) < (%s, %s)"
        " AND (%s::text IS NULL OR strpos(lower(email), lower(%s)) > 0"
        " OR strpos(lower(name), lower(%s)) > 0)"
        " ORDER BY registered_at DESC, id DESC LIMIT %s",
        [*beyond, text, text, text, limit],
    )


async def standings(connection: AsyncConnection, accounts: set[UUID]) -> Mapping[UUID, Standing]:
    """Return the standing of those of these accounts that are disabled or deleted."""
    cursor = await connection.execute(
        "SELECT id, deleted_at IS NOT NULL FROM accounts"
        " WHERE id = ANY(%s) AND (deleted_at IS NOT NULL OR disabled_at IS NOT NULL)",
        (list(accounts),),
        prepare=True,
    )
    return {
        row[0]: Standing.DELETED if row[1] else Standing.DISABLED for row in await cursor.fetchall()
    }
