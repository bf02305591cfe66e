"""The events of an account and of the email address it claims."""

from typing import TypeAlias
from uuid import UUID

from domain.events.event import Event
from domain.events.identity.access_tokens import AccessTokenEvent
from domain.events.identity.calendars import CalendarEvent
from domain.vocabulary import AccountId, PasswordChange, Role


class AccountRegistered(Event, tag="account.registered"):
    """An account was registered; its owner can log in."""

    email: str
    name: str


class ServiceAccountRegistered(Event, tag="account.service_registered"):
    """An account for a machine was registered: without address and password, with tokens only."""

    name: str


class AccountRoleGranted(Event, tag="account.role_granted"):
    """A role was granted; it takes effect within seconds."""

    role: Role


class AccountRoleRevoked(Event, tag="account.role_revoked"):
    """A role was revoked; it takes effect within seconds."""

    role: Role


class AccountRenamed(Event, tag="account.renamed"):
    """The owner changed the name of the account."""

    name: str


class AccountVerificationRequested(Event, tag="account.verification_requested"):
    """The owner asked for another mail with a link that verifies this address."""

    email: str


class AccountAddressVerified(Event, tag="account.address_verified"):
    """The owner proved to read the mail of this address, which is that of the account."""

    email: str


class AccountAddressChangeRequested(Event, tag="account.address_change_requested"):
    """The owner asked for another address; it takes effect when a link in a mail to it is used."""

    email: str


class AccountAddressChanged(Event, tag="account.address_changed"):
    """The account has another address, which its owner proved to read; `previous` is free again."""

    email: str
    previous: str


class AccountPasswordChanged(Event, tag="account.password_changed"):
    """The account has another password, which is kept outside the log. `method` is how: with the
    old password, by a link in a mail, or by an operator."""

    method: PasswordChange


class AccountDisabled(Event, tag="account.disabled"):
    """Nobody can log in to the account, and nothing is sent to it, until it is enabled."""

    reason: str


class AccountEnabled(Event, tag="account.enabled"):
    """The account works again."""


class AccountDeleted(Event, tag="account.deleted"):
    """The owner deleted the account: nobody can log in to it again, and its address is free."""


class AccountProviderLinked(Event, tag="account.provider_linked"):
    """The owner can log in with an OpenID Connect provider; `link_id` is the stream of their name
    there."""

    link_id: UUID
    issuer: str


class AccountProviderUnlinked(Event, tag="account.provider_unlinked"):
    """The owner can no longer log in with this provider."""

    link_id: UUID
    issuer: str


AccountEvent: TypeAlias = (
    AccountRegistered
    | AccountRoleGranted
    | AccountRoleRevoked
    | AccountRenamed
    | AccountVerificationRequested
    | AccountAddressVerified
    | AccountAddressChangeRequested
    | AccountAddressChanged
    | AccountPasswordChanged
    | AccountDisabled
    | AccountEnabled
    | AccountDeleted
    | AccountProviderLinked
    | AccountProviderUnlinked
    | ServiceAccountRegistered
    | AccessTokenEvent
    | CalendarEvent
)


class EmailClaimed(Event, tag="email.claimed"):
    """An email address belongs to an account. The address has a stream of its own, so that of two
    claims at the same time one fails."""

    account_id: AccountId


class EmailReleased(Event, tag="email.released"):
    """The address no longer belongs to the account; another account may claim it."""

    account_id: AccountId


EmailClaimEvent: TypeAlias = EmailClaimed | EmailReleased


class OidcLinked(Event, tag="oidc.linked"):
    """A person's name at an OpenID Connect provider belongs to an account. The stream is computed
    from issuer and name, so that of two accounts that link it at the same time one fails."""

    account_id: AccountId
    issuer: str


class OidcUnlinked(Event, tag="oidc.unlinked"):
    """The name no longer belongs to the account; another account may link it."""

    account_id: AccountId


ProviderLinkEvent: TypeAlias = OidcLinked | OidcUnlinked
