"""The link of a person's name at an OpenID Connect provider: which account it can log in to."""

from collections.abc import Sequence
from typing import ClassVar, Self, assert_never, get_args

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import ProviderLinkTaken
from domain.events.event import Event
from domain.events.identity.accounts import OidcLinked, OidcUnlinked, ProviderLinkEvent
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId


class ProviderLink(Aggregate[ProviderLinkEvent]):
    """The present account of one name; None: it is free."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(ProviderLinkEvent))

    version: int = 0
    account_id: AccountId | None = None

    def link(self, account: AccountId, issuer: str) -> Sequence[ProviderLinkEvent]:
        if self.account_id == account:
            return []
        if self.account_id is not None:
            raise ProviderLinkTaken
        return [OidcLinked(account_id=account, issuer=issuer)]

    def unlink(self, account: AccountId) -> Sequence[ProviderLinkEvent]:
        return [OidcUnlinked(account_id=account)] if self.account_id == account else []

    def evolve(self, event: ProviderLinkEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case OidcLinked(account_id=account):
                return replace(now, account_id=account)
            case OidcUnlinked():
                return replace(now, account_id=None)
            case _:
                assert_never(event)
