"""When each inbox was last read as a whole: one row per account that ever did."""

from datetime import datetime
from typing import ClassVar, cast

from domain.events.event import Event
from domain.events.notifications import InboxRead
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from projections.view import Key


class InboxMark(Record):
    account: AccountId
    read_until: datetime


class InboxMarks:
    name: ClassVar[str] = "inbox_marks"
    row: ClassVar[type[Record]] = InboxMark
    identity: ClassVar[tuple[str, ...]] = ("account",)
    listens_to: ClassVar[tuple[type[Event], ...]] = (InboxRead,)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (cast(InboxRead, recorded.event).account_id,)

    def evolve(self, row: InboxMark | None, recorded: Recorded) -> InboxMark:
        event = cast(InboxRead, recorded.event)
        return InboxMark(account=event.account_id, read_until=event.until)
