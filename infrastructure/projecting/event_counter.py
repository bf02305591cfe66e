"""Counts the events of the log for Prometheus: each event once, in one of the processes."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderMissed, ReminderSet, ReminderTriggered
from domain.events.tasks import TaskCompleted, TaskCreated
from infrastructure.following.checkpoints import advance
from infrastructure.following.dead_events import Failure, park
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

COUNTS = {
    topic_of(TaskCreated): TASKS_CREATED,
    topic_of(TaskOccurrenceGenerated): TASKS_CREATED,
    topic_of(TaskCompleted): TASKS_COMPLETED,
    topic_of(ReminderSet): REMINDERS_SET,
    topic_of(ReminderTriggered): REMINDERS.labels("triggered"),
    topic_of(ReminderMissed): REMINDERS.labels("missed"),
}
TOPICS = list(COUNTS)
REMINDER_TRIGGERED = topic_of(ReminderTriggered)

_SELECT = """
SELECT topic, notification_id, originator_id, originator_version,
    CASE WHEN topic = %(decoded)s THEN state END
FROM stored_events
WHERE notification_id > %(start)s AND notification_id <= %(end)s AND topic = ANY(%(topics)s)
"""

_END = """
SELECT max(notification_id) FROM (
    SELECT notification_id FROM stored_events
    WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s
) AS page
"""


class EventCounter:
    """A reader of the log with its own position: a process that takes over counts nothing twice.

    It reads topics alone, and decodes only the reminders that were triggered: where it cannot
    decode, it parks the event, whose delay is then unknown.
    """

    name = "tally"

    def __init__(self, events: EventLog) -> None:
        self._events = events

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        last = await self._events.end(connection)
        if last <= start:
            return start
        found: Sequence[Any] = ()
        if start == 0 and await self._events.before_last(connection, MAX_EVENTS_BACK):
            end = last
        else:
            end = await self._end_of_page(connection, start, last, limit)
            values = {"decoded": REMINDER_TRIGGERED, "start": start, "end": end, "topics": TOPICS}
            cursor = await connection.execute(_SELECT, values, prepare=True)
            found = await cursor.fetchall()
        delays: list[float] = []
        unreadable: list[Failure] = []
        for topic, position, stream, version, state in found:
            if state is None:
                continue
            entry = self._events.decode(position, stream, version, topic, state)
            if isinstance(entry, Undecodable):
                unreadable.append(Failure(entry=entry, error=entry.error))
            else:
                delays += _delays_seconds(entry)
        async with connection.transaction():
            await advance(connection, self.name, start=start, end=end)
            for failure in unreadable:
                await park(connection, self.name, failure.entry, failure.error)
        # After the commit: a process that lost its position or its connection counts nothing.
        for topic, *_ in found:
            COUNTS[topic].inc()
        for delay in delays:
            REMINDER_DELAY.observe(delay)
        return end

    async def _end_of_page(
        self, connection: AsyncConnection, start: int, last: int, limit: int
    ) -> int:
        """Return the position of an event: `start` plus `limit` may lie between two histories."""
        cursor = await connection.execute(_END, (start, last, limit), prepare=True)
        return int((await cursor.fetchone() or (last,))[0])


def _delays_seconds(entry: Recorded) -> Sequence[float]:
    """Return how late a reminder was triggered; empty for another event."""
    if not isinstance(entry.event, ReminderTriggered):
        return ()
    return (max(0.0, (entry.recorded_at - entry.event.due_at).total_seconds()),)
