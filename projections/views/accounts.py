"""Every account: one row per account."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.accounts import (
    AccountEvent,
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
    ServiceAccountRegistered,
)
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, Role, Scope, TokenId
from projections.rows import columns, fetch, fetch_one
from projections.view import Key


class AccountToken(Record):
    """A personal access token that is not revoked."""

    id: TokenId
    name: str
    scopes: tuple[Scope, ...]
    expires_at: datetime | None


class AccountRow(Record):
    """`email` is empty for the account of a machine."""

    id: AccountId
    email: str
    name: str
    roles: tuple[Role, ...]
    registered_at: datetime
    version: int
    tokens: tuple[AccountToken, ...] = ()


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
        match event:
            case AccountRoleGranted(role=role):
                return replace(row, version=version, roles=(*row.roles, role))
            case AccountRoleRevoked(role=role):
                kept = tuple(other for other in row.roles if other is not role)
                return replace(row, version=version, roles=kept)
            case AccountTokenCreated():
                created = AccountToken(
                    id=event.token_id,
                    name=event.name,
                    scopes=event.scopes,
                    expires_at=event.expires_at,
                )
                kept_tokens = [
                    token
                    for token in row.tokens
                    if token.expires_at is None or recorded.recorded_at < token.expires_at
                ]
                return replace(row, version=version, tokens=(*kept_tokens, created))
            case AccountTokenRevoked(token_id=token_id):
                left = tuple(token for token in row.tokens if token.id != token_id)
                return replace(row, version=version, tokens=left)
            case _:
                assert_never(event)


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
