"""The events of an account and of the email address it claims."""

from typing import TypeAlias

from domain.events.access_tokens import AccessTokenEvent
from domain.events.event import Event
from domain.vocabulary import AccountId, Role


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


AccountEvent: TypeAlias = (
    AccountRegistered
    | ServiceAccountRegistered
    | AccountRoleGranted
    | AccountRoleRevoked
    | AccessTokenEvent
)


class EmailClaimed(Event, tag="email.claimed"):
    """An email address belongs to an account. It is the first event of the stream of the address,
    so that a second claim fails."""

    account_id: AccountId
