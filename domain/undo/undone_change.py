"""A change that was undone: by which change, and how far, if the change is large."""

from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.requests import ChangeUndoContinued, ChangeUndone, UndoEvent


class UndoneChange(Aggregate[UndoEvent]):
    """How a change was undone last: by the change `undone_by`. What the change touched first beyond
    the log position `after` is not put back yet; None: everything is."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(UndoEvent))

    version: int = 0
    undone_by: UUID | None = None
    after: int | None = None

    def evolve(self, event: UndoEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version, after=event.after)
        match event:
            case ChangeUndone():
                return replace(now, undone_by=recorded.change_id)
            case ChangeUndoContinued():
                return now
            case _:
                assert_never(event)
