"""Requests to change the tasks of a series, because the series changed."""

from msgspec import UNSET
from msgspec.structs import replace

from application.command import Context, Events, States
from application.commands.tasks import TaskCommand, day_start_of, preferences_for_day
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.task import Task
from domain.values.schedule import TemplateChange
from domain.vocabulary import SeriesId, Status


class OccurrenceCommand(TaskCommand):
    """A request that changes nothing unless the task is open and belongs to this series."""

    series_id: SeriesId

    def decide(self, state: Task, context: Context) -> Events:
        if state.status is not Status.OPEN or state.occurrence_ref is None:
            return []
        return (
            self.decide_open(state, context)
            if state.occurrence_ref.series_id == self.series_id
            else []
        )

    def decide_open(self, task: Task, context: Context) -> Events:
        raise NotImplementedError


class WithdrawOccurrence(OccurrenceCommand):
    """Delete the task, because its series no longer has this occurrence."""

    def decide_open(self, task: Task, context: Context) -> Events:
        return task.delete()


class BringBackOccurrence(TaskCommand):
    """Restore the task, because its series has this occurrence again."""

    def related_streams(self, state: Task) -> States:
        return preferences_for_day(state)

    def decide(self, state: Task, context: Context) -> Events:
        return state.restore(context.now, day_start_of(state.owner, context))


class FollowTemplate(OccurrenceCommand):
    """Change the task as the template changed; move it to the series `following`, if given.

    Days before it is due are counted in `timezone`, that of the series.
    """

    change: TemplateChange
    timezone: str
    dropped_reminders: tuple[str, ...] = ()
    following: SeriesId | None = None

    def related_streams(self, state: Task) -> States:
        return preferences_for_day(state)

    def decide_open(self, task: Task, context: Context) -> Events:
        reminders: Events = ()
        if self.change.reminders is not UNSET:
            reminders = task.follow_series_reminders(
                self.change.reminders,
                self.dropped_reminders,
                self.timezone,
                context.now,
                day_start=day_start_of(task.owner, context),
            )
        return [
            *task.change_content(self.change),
            *reminders,
            *(task.change_series(self.following) if self.following else ()),
        ]


class RetimeOccurrence(OccurrenceCommand):
    """Make the task due at its wall time by the present time zone data."""

    timezone: str

    def decide_open(self, task: Task, context: Context) -> Events:
        ref = task.occurrence_ref
        if ref is None or ref.due_at is None:
            return []  # a day is the same date by any time zone data
        due_at = resolve(ref.occurrence, zone(self.timezone))
        return task.retime(replace(ref, due_at=due_at, tzdata=ZONES_VERSION), context.now)
