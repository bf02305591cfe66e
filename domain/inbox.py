"""The inbox of an account as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.notifications import InboxRead
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId


class InboxState(Aggregate[InboxRead]):
    """`read_until`: everything that arrived until then is read."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset({InboxRead})

    version: int = 0
    read_until: datetime | None = None

    def read_all(self, account: AccountId, now: datetime) -> Sequence[InboxRead]:
        return [InboxRead(account_id=account, until=now)]

    def evolve(self, event: InboxRead, recorded: Recorded) -> Self:
        return type(self)(version=recorded.originator_version, read_until=event.until)
