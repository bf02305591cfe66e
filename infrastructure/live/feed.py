"""The latest events of an account, shared by all of its connections to this process."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from application.ports.live import LiveEvent, Resync
from application.ports.signal import Signal
from projections.publishing.cloud_event import CloudEvent

MAX_EVENTS_KEPT = 1_000  # events kept for each account with a listener
PAGE_EVENTS = 500  # events a listener is given at once

# Events that only set fields: the later of two consecutive events of a task may carry both.
MERGEABLE = frozenset({"task.updated", "task.rescheduled"})

_json = msgspec.json.Encoder()
_event = msgspec.json.Decoder(CloudEvent)
_data = msgspec.json.Decoder(dict[str, Any])


class Feed:
    """The latest events of an account, beyond the position `since`.

    A resync takes the place of events that cannot be read.
    """

    def __init__(self, since: int, *, closed: bool = False) -> None:
        self.since = since
        self.closed = closed
        self.resets = 0
        self._events: deque[LiveEvent | Resync] = deque()
        self._signals: set[Signal] = set()

    @property
    def listeners(self) -> int:
        return len(self._signals)

    def subscribe(self, signal: Signal) -> None:
        """Set `signal` whenever there is an event, and when the feed is closed."""
        self._signals.add(signal)

    def unsubscribe(self, signal: Signal) -> None:
        self._signals.discard(signal)

    @property
    def end(self) -> int:
        """The position of the latest event."""
        return self._events[-1].position if self._events else self.since

    def add(self, event: LiveEvent | Resync) -> None:
        if isinstance(event, Resync) and self._events and isinstance(self._events[-1], Resync):
            self._events.pop()  # the later one covers both
        elif len(self._events) == MAX_EVENTS_KEPT:
            self.since = self._events.popleft().position
        self._events.append(event)
        self._notify()

    def beyond(self, position: int) -> Sequence[LiveEvent] | Resync:
        """Return the first events after `position`, none if some after it are no longer kept.

        Events after a resync are returned once `position` has reached it.
        """
        if position < self.since:
            return ()
        latest: list[LiveEvent | Resync] = []
        for event in reversed(self._events):
            if event.position <= position:
                break
            latest.append(event)
        found: list[LiveEvent] = []
        for event in latest[: -PAGE_EVENTS - 1 : -1]:
            if isinstance(event, Resync):
                return found or event
            found.append(event)
        return found

    def reset(self, since: int) -> None:
        """Forget all events: they belong to a history that the database no longer has."""
        self._events.clear()
        self.since = since
        self.resets += 1
        self._notify()

    def close(self) -> None:
        self.closed = True
        self._notify()

    def _notify(self) -> None:
        for signal in self._signals:
            signal.set()


def merged(events: Sequence[LiveEvent]) -> Sequence[LiveEvent]:
    """Return the events with consecutive updates of a task merged into the last of them.

    Only neighbours are merged, so a client can resume after any of the events and miss nothing.
    """
    result: list[LiveEvent] = []
    for later in events:
        earlier = result[-1] if result else None
        if (
            earlier is not None
            and later.type in MERGEABLE
            and (later.type, later.subject) == (earlier.type, earlier.subject)
        ):
            old, new = _event.decode(earlier.json), _event.decode(later.json)
            data = _data.decode(old.data) | _data.decode(new.data)
            whole = replace(new, data=msgspec.Raw(_json.encode(data)))
            result[-1] = replace(later, json=_json.encode(whole))
        else:
            result.append(later)
    return result
