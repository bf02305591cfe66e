"""What every aggregate is: a value folded from its own events."""

from collections.abc import Iterable
from functools import reduce
from typing import TypeVar

from domain.events.recorded import Recorded
from domain.record import Record


class Aggregate(Record):
    """The present state of one stream. `version` counts its events."""

    version: int = 0

    def apply(self: "State", recorded: Recorded) -> "State":
        """Accept what happened, refuse nothing."""
        raise NotImplementedError


State = TypeVar("State", bound=Aggregate)


def fold(initial: State, history: Iterable[Recorded]) -> State:
    """Return the state after all of `history`, oldest first."""
    return reduce(lambda state, recorded: state.apply(recorded), history, initial)
