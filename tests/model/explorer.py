"""Visits every state a model can reach, nearest first, until one of them breaks a promise."""

from collections.abc import Hashable, Iterable
from typing import Generic, NamedTuple, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)


class Model(Protocol[State]):
    """A system as its states and the single steps between them."""

    def start(self) -> State:
        """Return the state everything begins in."""
        ...

    def steps(self, state: State) -> Iterable[tuple[str, State]]:
        """Yield every step possible in `state`: what happens, and the state after it."""
        ...

    def fault(self, state: State) -> str | None:
        """Return which promise is broken in `state`, or None."""
        ...

    def fault_at_rest(self, state: State) -> str | None:
        """Return which promise is broken if nothing more happens after `state`, or None."""
        ...


class Exploration(NamedTuple):
    """What was found: `fault` is None when every reachable state keeps its promises.

    `trace` is a shortest way to the fault, a step per entry; `states` were visited.
    """

    fault: str | None
    trace: tuple[str, ...]
    states: int

    def __str__(self) -> str:
        if self.fault is None:
            return f"{self.states:,} states keep every promise"
        steps = (f"{number:3}. {step}" for number, step in enumerate(self.trace, 1))
        return "\n".join([f"{self.fault}, after:", *steps])


class TooManyStates(Exception):
    """The model has more states than the exploration was allowed to visit."""


class Explorer(Generic[State]):
    """Breadth first, every state once: a fault is found by as few steps as can lead to it."""

    def __init__(self, model: Model[State], *, most: int = 1_000_000) -> None:
        self._model = model
        self._most = most
        self._reached_by: dict[State, tuple[State, str] | None] = {}

    def explore(self) -> Exploration:
        """Visit everything within reach.

        Raises:
            TooManyStates: there are more than `most` states, so nothing is proved.
        """
        start = self._model.start()
        self._reached_by = {start: None}
        level = [start]
        while level:
            coming: list[State] = []
            for state in level:
                if fault := self._model.fault(state):
                    return self._found(state, fault)
                moved = False
                for step, after in self._model.steps(state):
                    moved = moved or after != state
                    if after not in self._reached_by:
                        self._reached_by[after] = (state, step)
                        coming.append(after)
                if not moved and (fault := self._model.fault_at_rest(state)):
                    return self._found(state, fault)
            if len(self._reached_by) > self._most:
                raise TooManyStates(f"more than {self._most:,} states")
            level = coming
        return Exploration(fault=None, trace=(), states=len(self._reached_by))

    def _found(self, state: State, fault: str) -> Exploration:
        trace: list[str] = []
        while (cause := self._reached_by[state]) is not None:
            state, step = cause
            trace.append(step)
        return Exploration(fault, tuple(reversed(trace)), len(self._reached_by))
