"""Requests to take a series forward."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from application.command import Command, Context
from domain.errors import SeriesNotFound
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.recorded import AnyEvent
from domain.events.reminders import ReminderSet
from domain.events.series import SeriesOccurrencesMade
from domain.recurrence.duration import duration
from domain.recurrence.local_time import resolve, zone
from domain.series import Series
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import ReminderId, SeriesId, TaskId


class SeriesCommand(Command[Series]):
    """A request that concerns one series."""

    series_id: SeriesId

    @property
    def stream_id(self) -> UUID:
        return self.series_id

    def initial(self) -> Series:
        return Series()

    def authorize(self, state: Series, context: Context) -> None:
        # Someone else's series is answered like one that does not exist.
        if state.owner is None or not (context.is_system or str(state.owner) == context.actor):
            raise SeriesNotFound(self.series_id)

    def extra_events(
        self, state: Series, facts: Sequence[AnyEvent], context: Context
    ) -> Sequence[tuple[UUID, AnyEvent]]:
        """Let every task begin in the same breath as the series says that it is made."""
        return [
            (one.task_id, first)
            for fact in facts
            if isinstance(fact, SeriesOccurrencesMade)
            for one in fact.made
            for first in first_events(state, one, fact.tzdata, context.now)
        ]


class AdvanceSeries(SeriesCommand):
    """One of its tasks was done, skipped or deleted at the instant `done_at`."""

    task_id: TaskId
    done_at: datetime

    def decide(self, state: Series, context: Context) -> Sequence[AnyEvent]:
        return state.advance(self.task_id, self.done_at, context.now)


class TopUpSeries(SeriesCommand):
    """Make what ought to be there by now."""

    def decide(self, state: Series, context: Context) -> Sequence[AnyEvent]:
        return state.top_up(context.now)


def first_events(series: Series, one: SeriesTask, tzdata: str, now: datetime) -> Sequence[AnyEvent]:
    """Return the first facts of an occurrence: the task, and its reminders still ahead."""
    if series.owner is None or series.id is None:
        raise SeriesNotFound(UUID(int=0))
    template, timezone = series.template, series.schedule.timezone
    where = zone(timezone)
    due_at = resolve(one.occurrence, where)
    task = TaskOccurrenceGenerated(
        owner=series.owner,
        title=template.title,
        description=template.description,
        priority=template.priority,
        tags=template.tags,
        due_at=due_at,
        series_id=series.id,
        occurrence=one.occurrence,
        tzdata=tzdata,
    )
    rings = {
        before: duration("reminders", before).earlier(due_at, where)
        for before in template.reminders
    }
    return [
        task,
        *(
            ReminderSet(
                reminder_id=ReminderId(uuid5(one.task_id, before)),
                owner=series.owner,
                before=before,
                timezone=timezone,
                due_at=rings_at,
            )
            for before, rings_at in rings.items()
            if rings_at > now
        ),
    ]
