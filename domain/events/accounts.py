"""Every fact about an account and the address it belongs to."""

from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import AccountId, Role


class AccountRegistered(Event, tag="account.registered"):
    """Someone may now log in."""

    email: str
    name: str


class AccountRoleGranted(Event, tag="account.role_granted"):
    """They may do more from the next token on."""

    role: Role


class AccountRoleRevoked(Event, tag="account.role_revoked"):
    """They may do less from the next token on."""

    role: Role


AccountEvent: TypeAlias = AccountRegistered | AccountRoleGranted | AccountRoleRevoked


class EmailClaimed(Event, tag="email.claimed"):
    """An address belongs to an account: first in the stream named after the address, so
    that a second claim loses on the key."""

    account_id: AccountId
