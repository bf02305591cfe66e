"""An account: a person or a service, its roles and its tokens. Secrets are kept outside the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import (
    AccountIsDisabled,
    AddressIsVerified,
    Invalid,
    LinkExpired,
    TokenNotFound,
    TooManyTokens,
)
from domain.events.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.accounts import (
    AccountAddressChanged,
    AccountAddressChangeRequested,
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountEvent,
    AccountPasswordChanged,
    AccountRegistered,
    AccountRenamed,
    AccountRoleGranted,
    AccountRoleRevoked,
    AccountVerificationRequested,
    ServiceAccountRegistered,
)
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.values.access_token import AccessToken
from domain.values.email_address import normal_address
from domain.vocabulary import AccountId, PasswordChange, Role, Scope, TokenId, in_utc


class Account(Aggregate[AccountEvent]):
    """The present state of one account. Before it is registered it has no id.

    `pending_email` is an address that the owner wants and has not proved to read yet. A service has
    neither an address nor a password. `tokens` are in the order of their creation.
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

    @staticmethod
    def register(email: str, name: str, *, verified: bool = False) -> Sequence[AccountEvent]:
        registered = AccountRegistered(email=email, name=name)
        return [registered, AccountAddressVerified(email=email)] if verified else [registered]

    def rename(self, name: str) -> Sequence[AccountEvent]:
        return [] if name == self.name else [AccountRenamed(name=name)]

    @staticmethod
    def register_service(name: str, roles: Sequence[Role]) -> Sequence[AccountEvent]:
        more = [role for role in Role if role in roles and role is not Role.USER]
        granted = [AccountRoleGranted(role=role) for role in more]
        return [ServiceAccountRegistered(name=name), *granted]

    def grant(self, role: Role) -> Sequence[AccountEvent]:
        return [] if role in self.roles else [AccountRoleGranted(role=role)]

    def revoke(self, role: Role) -> Sequence[AccountEvent]:
        return [AccountRoleRevoked(role=role)] if role in self.roles else []

    def create_token(
        self,
        token_id: TokenId,
        name: str,
        scopes: Sequence[Scope],
        expires_at: datetime | None,
        *,
        now: datetime,
        most: int,
    ) -> Sequence[AccountEvent]:
        """Create a personal access token; null for `expires_at`: it does not expire.

        Raises:
            AccountIsDisabled: the account is disabled or deleted.
            Invalid: it has no scope, or has expired already.
            TooManyTokens: the account has `most` tokens that have not expired.
        """
        self._check_active()
        if not scopes:
            raise Invalid("scopes", "A token needs at least one scope, such as tasks:read.")
        if expires_at is not None:
            expires_at = in_utc("expires_at", expires_at)
            if expires_at <= now:
                raise Invalid("expires_at", "expires_at must be in the future.")
        if sum(token.is_valid(now) for token in self.tokens) >= most:
            raise TooManyTokens(most)
        ordered = tuple(scope for scope in Scope if scope in scopes)
        return [
            AccountTokenCreated(token_id=token_id, name=name, scopes=ordered, expires_at=expires_at)
        ]

    def revoke_token(self, token_id: TokenId) -> Sequence[AccountEvent]:
        """Revoke a personal access token.

        Raises:
            TokenNotFound: the account has no such token, or has revoked it.
        """
        if self.token(token_id) is None:
            raise TokenNotFound(token_id)
        return [AccountTokenRevoked(token_id=token_id)]

    def token(self, token_id: TokenId) -> AccessToken | None:
        """Return the token with this id, None if it is revoked or unknown."""
        return next((token for token in self.tokens if token.id == token_id), None)

    def change_password(self, method: PasswordChange) -> Sequence[AccountEvent]:
        """Record that the password changed; a link in a mail proves the address as well."""
        self._check_active()
        changed = AccountPasswordChanged(method=method)
        if method is PasswordChange.RESET and not self.email_verified:
            return [changed, AccountAddressVerified(email=self.email)]
        return [changed]

    def request_verification(self) -> Sequence[AccountEvent]:
        """Ask for another mail to the address that is not verified yet: the pending one, if any."""
        self._check_active()
        if self.pending_email is not None:
            return [AccountAddressChangeRequested(email=self.pending_email)]
        if self.email_verified:
            raise AddressIsVerified
        return [AccountVerificationRequested(email=self.email)]

    def request_address(self, email: str) -> Sequence[AccountEvent]:
        """Ask for another address; to ask for the present one withdraws an earlier request."""
        self._check_active()
        if normal_address(email) == normal_address(self.email) and self.pending_email is None:
            return []
        return [AccountAddressChangeRequested(email=email)]

    def confirm_address(self, email: str) -> Sequence[AccountEvent]:
        """Verify the address of the account, or change it to the pending one.

        Raises:
            LinkExpired: the account has another address by now.
        """
        self._check_active()
        if email == self.pending_email:
            return [AccountAddressChanged(email=email, previous=self.email)]
        if email != self.email:
            raise LinkExpired
        return [] if self.email_verified else [AccountAddressVerified(email=email)]

    def disable(self, reason: str) -> Sequence[AccountEvent]:
        return [] if self.disabled else [AccountDisabled(reason=reason)]

    def enable(self) -> Sequence[AccountEvent]:
        return [AccountEnabled()] if self.disabled else []

    def delete(self) -> Sequence[AccountEvent]:
        return [] if self.deleted else [AccountDeleted()]

    def _check_active(self) -> None:
        if not self.active:
            raise AccountIsDisabled

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
