"""The shape of every aggregate: a value folded from the events of its stream."""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record

EventT = TypeVar("EventT", bound=Event)


class Aggregate(Record, Generic[EventT]):
    """The present state of one stream, which holds events of the types `event_types` alone."""

    event_types: ClassVar[frozenset[type[Event]]]

    @property
    def version(self) -> int:
        """The number of events in the stream. Every aggregate has it as a field."""
        raise NotImplementedError

    def apply(self, recorded: Recorded) -> Self:
        """Return the state after one more event.

        Raises:
            TypeError: an event of this type does not belong in this stream.
        """
        event: Any = recorded.event  # of EventT, as is checked here and nowhere else
        if type(event) not in self.event_types:
            raise TypeError(f"{type(event).__name__} is not an event of {type(self).__name__}")
        return self.evolve(event, recorded)

    def evolve(self, event: EventT, recorded: Recorded) -> Self:
        """Return the state after `event`, which is that of `recorded`. Refuse nothing."""
        raise NotImplementedError


State = TypeVar("State", bound=Aggregate[Any])


def fold(state: State, history: Sequence[Recorded]) -> State:
    """Return the state after all of `history`, oldest first.

    All aggregates share one space of ids. The history of another kind of aggregate changes
    nothing: for this kind, the stream has no event and does not exist.

    Raises:
        TypeError: an event of another kind of aggregate is in the middle of the history.
    """
    if state.version == 0 and history and type(history[0].event) not in state.event_types:
        return state
    for recorded in history:
        state = state.apply(recorded)
    return state
