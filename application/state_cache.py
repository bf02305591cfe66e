"""The last state of each stream that this process has seen."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic
from uuid import UUID

from msgspec.structs import replace

from application.ports.event_store import LAST_VERSION, EventStore, StreamReader
from domain.aggregate import State, fold
from domain.events.recorded import Recorded
from domain.record import Record

# A stream that several processes change in turn would cost a conflict each time it is decided
# from memory; loading what is new costs a fifth of a conflict.
CACHE_TTL = timedelta(milliseconds=250)


# Whose a stream is, its first event says; with some more, most streams are loaded at once.
FIRST_EVENTS = 32


async def load_authorized(
    store: StreamReader,
    initial: State,
    stream_id: UUID,
    authorize: Callable[[State], None],
    *,
    until: int = LAST_VERSION,
) -> Sequence[Recorded]:
    """Return the events of a stream up to the version `until`, if `authorize` does not refuse the
    stream after its first events.

    Raises:
        DomainError: it does.
        Unavailable: the store cannot be reached.
    """
    first = await store.load(stream_id, until=FIRST_EVENTS)
    authorize(fold(initial, first))
    if len(first) < FIRST_EVENTS or until <= FIRST_EVENTS:
        return first[:until]
    return [*first, *await store.load(stream_id, after=FIRST_EVENTS, until=until)]


class CachedState(Record, Generic[State]):
    """A state, the log position and the time of its last event, and when it was known to be the
    latest."""

    state: State
    position: int = 0
    recorded_at: datetime | None = None
    seen_at: datetime | None = None


class StateCache:
    """Holds at most `size` states, and forgets those that were used longest ago.

    A state in it may be behind the store, never ahead of it: when the database's history changes,
    all states are forgotten.
    """

    def __init__(self, store: EventStore, *, size: int) -> None:
        self._store = store
        self._size = size
        # By the number of a stream: a UUID computes its hash in Python.
        self._states: OrderedDict[int, CachedState[Any]] = OrderedDict()
        self._epoch = store.epoch

    @property
    def epoch(self) -> int:
        """The epoch of the store in which the states were loaded."""
        if self._epoch != self._store.epoch:
            self.clear()
        return self._epoch

    def clear(self) -> None:
        self._states.clear()
        self._epoch = self._store.epoch

    def recent(self, initial: State, stream_id: UUID, now: datetime) -> CachedState[State] | None:
        """Return the state, or None when it was not seen within `CACHE_TTL`."""
        if self._epoch != self._store.epoch:
            self.clear()
        cached = self._known(initial, stream_id)
        if cached is None or cached.seen_at is None or now - cached.seen_at >= CACHE_TTL:
            return None
        self._states.move_to_end(stream_id.int)
        return cached

    async def refresh(
        self,
        initial: State,
        stream_id: UUID,
        now: datetime | None,
        *,
        authorize: Callable[[State], None] | None = None,
    ) -> CachedState[State]:
        """Return the state as the store has it: `initial` if the stream is of another kind.

        Only events beyond the cached state are loaded. Of a stream that is not cached the first
        events are enough for `authorize` to refuse it: the time that a refusal takes does not tell
        how long a stream of somebody else is, and its state is not kept.

        Raises:
            DomainError: `authorize` refuses the stream.
            Unavailable: the store cannot be reached.
        """
        while True:
            epoch = self.epoch
            cached = self._known(initial, stream_id)
            if cached is not None or authorize is None:
                cached = cached or CachedState(state=initial)
                new_events = await self._store.load(stream_id, after=cached.state.version)
            else:
                cached = CachedState(state=initial)
                new_events = await load_authorized(self._store, initial, stream_id, authorize)
            if epoch == self.epoch:
                break  # otherwise the state and the events may be of two histories
        state = fold(cached.state, new_events)
        if state.version > cached.state.version:
            cached = CachedState(
                state=state,
                position=new_events[-1].position,
                recorded_at=new_events[-1].recorded_at,
                seen_at=now,
            )
            self.remember(stream_id, cached)
        return cached

    async def recent_or_refresh(
        self, initial: State, stream_id: UUID, now: datetime
    ) -> CachedState[State]:
        """Return the state as it was within `CACHE_TTL`, also that a stream has no event yet.

        Raises:
            Unavailable: the store cannot be reached.
        """
        recent = self.recent(initial, stream_id, now)
        if recent is None:
            recent = replace(await self.refresh(initial, stream_id, now), seen_at=now)
            self.remember(stream_id, recent)
        return recent

    def remember(self, stream_id: UUID, cached: CachedState[Any]) -> None:
        """Keep a state, unless a later one is known."""
        known = self._states.pop(stream_id.int, None)
        if known is not None and known.state.version > cached.state.version:
            cached = known
        self._states[stream_id.int] = cached
        if len(self._states) > self._size:
            self._states.popitem(last=False)

    def _known(self, initial: State, stream_id: UUID) -> CachedState[State] | None:
        """Return the cached state of a stream of the kind of `initial`."""
        cached = self._states.get(stream_id.int)
        return cached if cached is not None and type(cached.state) is type(initial) else None
