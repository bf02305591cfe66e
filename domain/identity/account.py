"""An account: a person or a service, its roles and its tokens. Secrets are kept outside the log."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.errors import (
    AccountIsDisabled,
    AddressIsVerified,
    AddressNotProved,
    Invalid,
    LinkExpired,
    ProviderIsLinked,
    TokenNotFound,
    TooManyTokens,
)
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
from domain.states.account_state import AccountState
from domain.values.email_address import normal_address
from domain.values.normal_form import visible
from domain.vocabulary import PasswordChange, Role, Scope, TokenId, in_utc


class Account(AccountState):
    """The decisions of one account."""

    @staticmethod
    def register(email: str, name: str, *, verified: bool = False) -> Sequence[AccountEvent]:
        registered = AccountRegistered(email=email, name=visible("name", name))
        return [registered, AccountAddressVerified(email=email)] if verified else [registered]

    def rename(self, name: str) -> Sequence[AccountEvent]:
        return [] if name == self.name else [AccountRenamed(name=visible("name", name))]

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
            AccountTokenCreated(
                token_id=token_id, name=visible("name", name), scopes=ordered, expires_at=expires_at
            )
        ]

    def revoke_token(self, token_id: TokenId) -> Sequence[AccountEvent]:
        """Revoke a personal access token.

        Raises:
            TokenNotFound: the account has no such token, or has revoked it.
        """
        if self.token(token_id) is None:
            raise TokenNotFound(token_id)
        return [AccountTokenRevoked(token_id=token_id)]

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

    def link_provider(
        self, link_id: UUID, issuer: str, *, address: str | None = None
    ) -> Sequence[AccountEvent]:
        """Let the owner log in with a provider.

        `address` is what the provider proved where nobody is logged in to the account. It counts
        only if the account has proved it as well: a stranger may have registered the address.

        Raises:
            AddressNotProved: the account has another address, or has not proved it.
            ProviderIsLinked: the owner has another login of this provider.
        """
        if address is not None and not (
            self.email_verified and normal_address(address) == normal_address(self.email)
        ):
            raise AddressNotProved
        self._check_active()
        if any(linked.link_id == link_id for linked in self.providers):
            return []
        if any(linked.issuer == issuer for linked in self.providers):
            raise ProviderIsLinked(issuer)
        return [AccountProviderLinked(link_id=link_id, issuer=issuer)]

    def unlink_provider(self, link_id: UUID) -> Sequence[AccountEvent]:
        return [
            AccountProviderUnlinked(link_id=link_id, issuer=linked.issuer)
            for linked in self.providers
            if linked.link_id == link_id
        ]

    def open_calendar(self, calendar_id: UUID) -> Sequence[AccountEvent]:
        """Give the calendar feed a new secret address, also where it has one."""
        self._check_active()
        return [AccountCalendarOpened(calendar_id=calendar_id)]

    def close_calendar(self) -> Sequence[AccountEvent]:
        return [] if self.calendar_id is None else [AccountCalendarClosed()]

    def disable(self, reason: str) -> Sequence[AccountEvent]:
        return [] if self.disabled else [AccountDisabled(reason=reason)]

    def enable(self) -> Sequence[AccountEvent]:
        return [AccountEnabled()] if self.disabled else []

    def delete(self) -> Sequence[AccountEvent]:
        return [] if self.deleted else [AccountDeleted()]

    def _check_active(self) -> None:
        if not self.active:
            raise AccountIsDisabled
