"""Ports for endpoints: where browsers and webhooks are reached, and links in mails."""

from collections.abc import Mapping, Set
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from domain.record import Record
from domain.vocabulary import AccountId, ChannelName, EndpointId, PasswordResetId


class EndpointAddress(Record):
    """`address` is a push subscription as JSON or a URL; `secrets` are the newest first.

    `rotated`: the first secret is not the one that it was added with.
    """

    id: EndpointId
    account: AccountId
    channel: ChannelName
    address: str
    secrets: tuple[str, ...]
    rotated: bool = False


class KeptEndpoint(Record):
    """The endpoint that is stored, and whether it was stored just now."""

    endpoint: EndpointAddress
    inserted: bool


class EndpointAddresses(Protocol):
    """The addresses are in a table and not in the log: they are secret and can be deleted."""

    async def keep(self, endpoint: EndpointAddress) -> KeptEndpoint | None:
        """Store it, unless one with this id is stored; return the one that is, or None if that
        was removed since."""
        ...

    async def discard(self, endpoint_id: UUID) -> None:
        """Delete an address at once: the request to add it was refused."""
        ...

    async def of_account(self, account: UUID) -> Mapping[EndpointId, EndpointAddress]:
        """Return the addresses of an account by id."""
        ...

    async def rotate(self, endpoint_id: UUID, secret: str) -> None:
        """Sign with a new secret, and with the previous one for a day."""
        ...

    async def remove(self, endpoint_id: UUID) -> None:
        """Mark an address as removed; it is deleted a day later."""
        ...

    async def put_back(self, account: UUID, endpoint_ids: Set[UUID]) -> bool:
        """Keep the addresses of an account that were removed and are not deleted yet; return
        whether all of them are there."""
        ...


class UnsubscribeLink(Record, tag="unsubscribe"):
    """Switches a channel off. It never expires: the links of old mails must work, too."""

    account_id: AccountId
    channel: ChannelName


class VerifyAddressLink(Record, tag="verify"):
    """Proves that the account reads the mail of this address."""

    account_id: AccountId
    address: str
    until: datetime


class AccountAddressLink(Record, tag="account_address"):
    """Proves that the owner of the account reads the mail of this address."""

    account_id: AccountId
    address: str
    until: datetime


class PasswordResetLink(Record, tag="password_reset"):
    """Lets the reader of the account's mail set a new password, once."""

    reset_id: PasswordResetId
    until: datetime


class CalendarLink(Record, tag="calendar"):
    """Shows the tasks of an account as a calendar, while `calendar_id` is that of the account."""

    account_id: AccountId
    calendar_id: UUID


Link: TypeAlias = (
    UnsubscribeLink | VerifyAddressLink | AccountAddressLink | PasswordResetLink | CalendarLink
)


class BadLink(ValueError):
    """The link is damaged, forged or expired. The message is fit for the person who opened it."""


class SignedLinks(Protocol):
    def write(self, link: Link) -> str:
        """Return the link as one segment of a path."""
        ...

    def read(self, token: str, now: datetime) -> Link:
        """Return the link that was written.

        Raises:
            BadLink: it was not written here, or has expired.
        """
        ...
