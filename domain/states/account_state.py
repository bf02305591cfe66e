"""The state of an account, and how its events change it."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec.structs import replace

from domain.aggregate import Aggregate
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
from domain.values.access_token import AccessToken
from domain.values.email_address import normal_address
from domain.vocabulary import AccountId, Role, TokenId


class LinkedProvider(Record):
    """An OpenID Connect provider that the owner can log in with."""

    link_id: UUID
    issuer: str
    linked_at: datetime


class AccountState(Aggregate[AccountEvent]):
    """The present state of one account. Before it is registered it has no id.

    `pending_email` is an address that the owner wants and has not proved to read yet. A service has
    neither an address nor a password. `tokens` are in the order of their creation. `calendar_id` is
    in the secret address of the calendar feed, if it is open.
    """

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(AccountEvent))

    version: int = 0
    id: AccountId | None = None
    email: str = ""
    email_verified: bool = False
    email_changed_at: datetime | None = None
    pending_email: str | None = None
    name: str = ""
    roles: tuple[Role, ...] = ()
    registered_at: datetime | None = None
    is_service: bool = False
    tokens: tuple[AccessToken, ...] = ()
    password_changed_at: datetime | None = None
    providers: tuple[LinkedProvider, ...] = ()
    calendar_id: UUID | None = None
    disabled: bool = False
    deleted: bool = False

    @property
    def active(self) -> bool:
        """Whether the account exists and may be used."""
        return self.id is not None and not self.disabled and not self.deleted

    def expects_proof_of(self, email: str) -> bool:
        """Whether a link to this address would change anything."""
        unproved = self.pending_email or (None if self.email_verified else self.email)
        return self.active and email == unproved

    def token(self, token_id: TokenId) -> AccessToken | None:
        """Return the token with this id, None if it is revoked or unknown."""
        return next((token for token in self.tokens if token.id == token_id), None)

    def evolve(self, event: AccountEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case AccountRegistered(email=email, name=name):
                return replace(
                    now,
                    id=AccountId(recorded.originator_id),
                    email=email,
                    name=name,
                    roles=(Role.USER,),
                    registered_at=recorded.recorded_at,
                )
            case ServiceAccountRegistered(name=name):
                return replace(
                    now,
                    id=AccountId(recorded.originator_id),
                    name=name,
                    roles=(Role.USER,),
                    registered_at=recorded.recorded_at,
                    is_service=True,
                )
            case AccountRoleGranted(role=role):
                return replace(now, roles=(*self.roles, role))
            case AccountRoleRevoked(role=role):
                return replace(now, roles=tuple(r for r in self.roles if r is not role))
            case AccountTokenCreated():
                return replace(
                    now, tokens=(*_unexpired(self.tokens, recorded), _token(event, recorded))
                )
            case AccountTokenRevoked(token_id=token_id):
                left = tuple(token for token in self.tokens if token.id != token_id)
                return replace(now, tokens=left)
            case AccountRenamed(name=name):
                return replace(now, name=name)
            case AccountVerificationRequested():
                return now
            case AccountAddressVerified():
                return replace(now, email_verified=True)
            case AccountAddressChangeRequested(email=email):
                other = normal_address(email) != normal_address(self.email)
                return replace(now, pending_email=email if other else None)
            case AccountAddressChanged(email=email):
                return replace(
                    now,
                    email=email,
                    email_verified=True,
                    email_changed_at=recorded.recorded_at,
                    pending_email=None,
                )
            case AccountPasswordChanged():
                return replace(now, password_changed_at=recorded.recorded_at)
            case AccountProviderLinked(link_id=link_id, issuer=issuer):
                linked = LinkedProvider(
                    link_id=link_id, issuer=issuer, linked_at=recorded.recorded_at
                )
                return replace(now, providers=(*self.providers, linked))
            case AccountProviderUnlinked(link_id=link_id):
                kept = tuple(each for each in self.providers if each.link_id != link_id)
                return replace(now, providers=kept)
            case AccountCalendarOpened(calendar_id=calendar_id):
                return replace(now, calendar_id=calendar_id)
            case AccountCalendarClosed():
                return replace(now, calendar_id=None)
            case AccountDisabled():
                return replace(now, disabled=True)
            case AccountEnabled():
                return replace(now, disabled=False)
            case AccountDeleted():
                return replace(now, deleted=True)
            case _:
                assert_never(event)


def _token(event: AccountTokenCreated, recorded: Recorded) -> AccessToken:
    return AccessToken(
        id=event.token_id,
        name=event.name,
        scopes=event.scopes,
        created_at=recorded.recorded_at,
        expires_at=event.expires_at,
    )


def _unexpired(tokens: Sequence[AccessToken], recorded: Recorded) -> Sequence[AccessToken]:
    # Expired tokens are listed until the next one is created; for ever, they would only add up.
    return [token for token in tokens if token.is_valid(recorded.recorded_at)]
