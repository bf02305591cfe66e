"""The claim of an email address: which account it belongs to at present."""

from collections.abc import Sequence
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import EmailTaken
from domain.events.event import Event
from domain.events.identity.accounts import EmailClaimed, EmailClaimEvent, EmailReleased
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId


class EmailClaim(Aggregate[EmailClaimEvent]):
    """The present owner of one address; None: it is free."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(EmailClaimEvent))

    version: int = 0
    account_id: AccountId | None = None

    def claim(self, account: AccountId) -> Sequence[EmailClaimEvent]:
        if self.account_id == account:
            return []
        if self.account_id is not None:
            raise EmailTaken
        return [EmailClaimed(account_id=account)]

    def release(self, account: AccountId) -> Sequence[EmailClaimEvent]:
        return [EmailReleased(account_id=account)] if self.account_id == account else []

    def evolve(self, event: EmailClaimEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case EmailClaimed(account_id=account):
                return replace(now, account_id=account)
            case EmailReleased():
                return replace(now, account_id=None)
            case _:
                assert_never(event)
