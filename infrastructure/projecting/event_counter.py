"""Counts the events of the log for Prometheus: each event once, in one of the processes."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderMissed, ReminderSet, ReminderTriggered
from domain.events.tasks import TaskCompleted, TaskCreated
from infrastructure.following.checkpoints import LazyPosition
from infrastructure.following.dead_events import Failure, advance_past
from infrastructure.following.event_filter import EventFilter
from infrastructure.store.event_log import EventLog, Undecodable
from infrastructure.store.mapper import topic_of
from infrastructure.telemetry.metrics import (
    REMINDER_DELAY,
    REMINDERS,
    REMINDERS_SET,
    TASKS_COMPLETED,
    TASKS_CREATED,
)

MAX_EVENTS_BACK = 10_000  # a first run on a longer log starts counting at its end
COUNT_SECONDS = 1.0  # between two moves of the position while there is more to read

COUNTS: Mapping[type[Event], Any] = {
    TaskCreated: TASKS_CREATED,
    TaskOccurrenceGenerated: TASKS_CREATED,
    TaskCompleted: TASKS_COMPLETED,
    ReminderSet: REMINDERS_SET,
    ReminderTriggered: REMINDERS.labels("triggered"),
    ReminderMissed: REMINDERS.labels("missed"),
}
_TYPE_OF = {topic_of(event): event for event in COUNTS}


class EventCounter:
    """A reader of the log with its own position: a process that takes over counts nothing twice.

    What it cannot decode is counted by its topic. A reminder that was triggered is parked then: how
    late it was is unknown.
    """

    name = "tally"
    listens_to: ClassVar[tuple[type[Event], ...]] = tuple(COUNTS)

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._filter = EventFilter(self)
        self._position = LazyPosition(COUNT_SECONDS)
        self._read = _Counts()  # beyond the position: another process may still count it

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        if start == 0 and await self._events.before_last(connection, MAX_EVENTS_BACK):
            end = await self._events.end(connection)
            await advance_past(connection, self.name, (), start=start, end=end)
            return end
        page = await self._events.read(connection, start, limit=limit)
        at_end = page.horizon == start
        start = self._position.written(start)
        if page.horizon == start:
            return start
        for entry in self._filter.of_page(page):
            self._read.add(entry)
        if not at_end and self._position.may_skip(start, page.horizon):
            return page.horizon
        read, self._read = self._read, _Counts()
        await advance_past(connection, self.name, read.failures, start=start, end=page.horizon)
        self._position.moved()
        # After the commit: a process that lost its position or its connection counts nothing.
        read.publish()
        return page.horizon


class _Counts:
    def __init__(self) -> None:
        self._events: Counter[type[Event]] = Counter()
        self._delays_seconds: list[float] = []
        self.failures: list[Failure] = []

    def add(self, entry: Recorded | Undecodable) -> None:
        if isinstance(entry, Undecodable):
            event = _TYPE_OF.get(entry.topic)
            if event is not None:
                self._events[event] += 1
            if event is ReminderTriggered:
                self.failures.append(Failure(entry=entry, error=entry.error))
            return
        self._events[type(entry.event)] += 1
        if isinstance(entry.event, ReminderTriggered):
            late = (entry.recorded_at - entry.event.due_at).total_seconds()
            self._delays_seconds.append(max(0.0, late))

    def publish(self) -> None:
        for event, count in self._events.items():
            COUNTS[event].inc(count)
        for delay in self._delays_seconds:
            REMINDER_DELAY.observe(delay)
