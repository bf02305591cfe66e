"""What somebody did with their inbox as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from domain.aggregate import Aggregate
from domain.events.notifications import InboxRead
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId


class InboxState(Aggregate):
    """`read_until`: all that came up to then was seen."""

    read_until: datetime | None = None

    def read_all(self, account: AccountId, now: datetime) -> Sequence[InboxRead]:
        return [InboxRead(account_id=account, until=now)]

    def apply(self, recorded: Recorded) -> "InboxState":
        event = cast(InboxRead, recorded.event)
        return InboxState(version=recorded.originator_version, read_until=event.until)
