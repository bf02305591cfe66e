"""What one account hears: its latest events, for all of its connections to this process."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from application.ports.live import LiveEvent
from projections.publishing.cloud_event import CloudEvent

MAX_EVENTS_KEPT = 1_000  # events remembered for each account that listens

# What only sets fields to new values: of two in a row about one task the later may carry both.
MERGEABLE = frozenset({"task.updated", "task.rescheduled"})

_json = msgspec.json.Encoder()
_event = msgspec.json.Decoder(CloudEvent)
_data = msgspec.json.Decoder(dict[str, Any])


class Feed:
    """The latest events of one account; what came up to `since` it does not know."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.latest: deque[LiveEvent] = deque()
        self.ears: set[asyncio.Event] = set()

    def add(self, told: LiveEvent) -> None:
        if len(self.latest) == MAX_EVENTS_KEPT:
            self.since = self.latest.popleft().position
        self.latest.append(told)
        for news in self.ears:
            news.set()

    def beyond(self, position: int) -> list[LiveEvent] | None:
        """Return what came after `position`, or None when part of it is forgotten."""
        if position < self.since:
            return None
        found: list[LiveEvent] = []
        for told in reversed(self.latest):
            if told.position <= position:
                break
            found.append(told)
        return found[::-1]


def merged(told: Sequence[LiveEvent]) -> Sequence[LiveEvent]:
    """Return the same with one event for several changes of one task that follow each other.

    Only neighbours merge: whoever resumes after any of these then misses nothing.
    """
    result: list[LiveEvent] = []
    for later in told:
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
