"""What operators did to one thing: to a stream that they read, or to a parked event."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.operations import (
    OperationsEvent,
    ParkedEventDiscarded,
    ParkedEventRetried,
    PayloadRead,
)
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId

READ_AGAIN = timedelta(hours=1)  # after this time another reading is recorded


class OperatorActs(Aggregate[OperationsEvent]):
    """The acts of operators on one stream or one parked event."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(OperationsEvent))

    version: int = 0
    read_at: datetime | None = None

    def read(
        self, reader: AccountId, stream: UUID, reason: str, now: datetime
    ) -> Sequence[OperationsEvent]:
        """Record that the reader saw the data of a stream, unless that was recorded this hour."""
        if self.read_at is not None and now < self.read_at + READ_AGAIN:
            return []
        return [PayloadRead(reader=reader, stream=stream, reason=reason)]

    def retry(self, view: str, position: int) -> Sequence[OperationsEvent]:
        return [ParkedEventRetried(view=view, position=position)]

    def discard(self, view: str, position: int) -> Sequence[OperationsEvent]:
        return [ParkedEventDiscarded(view=view, position=position)]

    def evolve(self, event: OperationsEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case PayloadRead():
                return replace(now, read_at=recorded.recorded_at)
            case ParkedEventRetried() | ParkedEventDiscarded():
                return now
            case _:
                assert_never(event)
