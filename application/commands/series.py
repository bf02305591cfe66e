"""Requests to generate the next occurrences of a series."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Decision, Events, States, Stream
from application.commands.tasks import day_start_of, preferences_of
from application.policy import may_access
from domain.errors import SeriesNotFound
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.series import SeriesEvent, SeriesOccurrencesMade
from domain.reminders.of_series import read_series_reminder, set_before_due
from domain.series import Series
from domain.values.occurrence import occurrence_due
from domain.values.series_tasks import SeriesTask
from domain.values.task_fields import TaskContent, values
from domain.vocabulary import SeriesId, TaskId


class SeriesStream(Stream[Series]):
    """The stream of one series."""

    series_id: SeriesId

    @property
    def stream_id(self) -> UUID:
        return self.series_id

    def initial(self) -> Series:
        return Series()

    def authorize(self, state: Series, context: Context) -> None:
        # A series of somebody else is answered like one that does not exist.
        if not may_access(state.owner, context):
            raise SeriesNotFound(self.series_id)


class GeneratingCommand(SeriesStream, Command[Series]):
    """A request that may generate occurrences."""

    related_may_be_cached: ClassVar[bool] = True

    def related_streams(self, state: Series) -> States:
        """Return the preferences, which say when a day starts, if reminders count back from it."""
        needed = state.schedule.all_day and state.template.reminders
        return preferences_of(state.owner) if needed else {}


class AdvanceSeries(GeneratingCommand):
    """Generate the next occurrence, because a task was done, skipped or deleted at `done_at`."""

    task_id: TaskId
    done_at: datetime

    def decide(self, state: Series, context: Context) -> Decision:
        events = state.advance(self.task_id, self.done_at, context.now)
        return _with_tasks(self.series_id, state, events, context)


class TopUpSeries(GeneratingCommand):
    """Generate the occurrences that should exist by now."""

    def decide(self, state: Series, context: Context) -> Decision:
        return _with_tasks(self.series_id, state, state.top_up(context.now), context)


def _with_tasks(
    series_id: SeriesId, series: Series, events: Sequence[SeriesEvent], context: Context
) -> Decision:
    """Return the decision that also begins every task that the series says it generated."""
    decision: dict[UUID, Events] = {series_id: events}
    for event in events:
        if isinstance(event, SeriesOccurrencesMade):
            for entry in event.made:
                decision[entry.task_id] = first_events(series, entry, event.tzdata, context)
    return Decision(events=decision)


def first_events(series: Series, entry: SeriesTask, tzdata: str, context: Context) -> Events:
    """Return the first events of an occurrence: the task, and its reminders still ahead."""
    if series.owner is None or series.id is None:
        raise SeriesNotFound(UUID(int=0))
    template = series.template
    due = occurrence_due(series.schedule, entry.occurrence)
    task = TaskOccurrenceGenerated(
        **values(template, TaskContent),
        owner=series.owner,
        **due.fields,
        series_id=series.id,
        occurrence=entry.occurrence,
        tzdata=tzdata,
    )
    moment = due.moment(day_start_of(series.owner, context))
    if moment is None:
        return [task]
    reminders = [
        set_before_due(
            read_series_reminder(text),
            task_id=entry.task_id,
            owner=series.owner,
            due_at=moment,
            timezone=series.schedule.timezone,
        )
        for text in template.reminders
    ]
    return [task, *(each for each in reminders if each.due_at > context.now)]
