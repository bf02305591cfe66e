"""Requests to change the reminders of a task, and of the occurrences of its series."""

from datetime import datetime, timedelta
from typing import ClassVar

from msgspec.structs import replace

from application.command import Context, Decision, Events, States
from application.commands.recurrence import RecurrenceCommand, SeriesScope, series_of
from application.commands.series_scope import change_in_scope
from application.commands.tasks import TaskCommand, day_start_of, preferences_for_day
from domain.errors import ReminderRefused, TaskDoesNotRecur
from domain.recurrence.duration import duration
from domain.recurrence.local_time import zone
from domain.reminders.evolution import evolve_reminders
from domain.reminders.of_series import checked_reminders, series_reminder_of
from domain.reminders.reminder import Reminder
from domain.reminders.spec import ReminderSpec
from domain.series import Series
from domain.task import Task
from domain.values.schedule import TemplateChange
from domain.vocabulary import ReminderId, SeriesId, Standing


class ReminderCommand(TaskCommand):
    """A request to change one reminder of a task."""

    reminder_id: ReminderId


class ScopedReminderCommand(RecurrenceCommand):
    """A request to set or cancel a reminder of a task, and of other occurrences of its series.

    Without a `scope` a reminder before the task is due is one of all occurrences, and one for a
    fixed moment is one of this task. `series_id` is the id of a series that is split off.
    """

    reminder_id: ReminderId
    series_id: SeriesId
    scope: SeriesScope | None = None

    def _series(self, task: Task, context: Context, reminder: Reminder) -> Series | None:
        """Return the series that changes, too; None: only the task does."""
        series = series_of(task, context)
        if series is not None and not series.editable:
            series = None
        if reminder.before is None and self.scope in (SeriesScope.FOLLOWING, SeriesScope.ALL):
            raise ReminderRefused(
                "scope",
                "A reminder for a fixed moment belongs to one task: give before instead of at,"
                " or scope=this.",
            )
        if self.scope is SeriesScope.THIS or reminder.before is None:
            return None
        if series is None and self.scope is not None:
            raise TaskDoesNotRecur
        return series

    def _decision(
        self, task: Task, series: Series, own: Events, reminders: tuple[str, ...]
    ) -> Decision:
        change = TemplateChange(reminders=checked_reminders(reminders))
        return change_in_scope(
            task, series, own, change, self.scope or SeriesScope.ALL, self.series_id
        )


class SetReminder(ScopedReminderCommand):
    commutes: ClassVar[bool] = True

    spec: ReminderSpec

    def related_streams(self, state: Task) -> States:
        return {**super().related_streams(state), **preferences_for_day(state)}

    def decide(self, state: Task, context: Context) -> Events | Decision:
        day_start = day_start_of(state.owner, context)
        event = state.remind(self.reminder_id, self.spec, context.now, day_start)
        reminder = evolve_reminders({}, event)[self.reminder_id]
        series = self._series(state, context, reminder)
        wanted = series_reminder_of(reminder, series.schedule.timezone) if series else None
        if series is None or wanted is None:
            return [event]
        return self._decision(state, series, [event], (*series.template.reminders, wanted.text))


class SnoozeReminder(ReminderCommand):
    """Postpone the reminder until a moment (`until`), or for a duration from now (`length`)."""

    until: datetime | None = None
    length: str | None = None

    def decide(self, state: Task, context: Context) -> Events:
        return state.snooze_reminder(self.reminder_id, self._until(state, context), context.now)

    def _until(self, state: Task, context: Context) -> datetime:
        if self.until is not None and self.length is None:
            return self.until
        if self.length is None or self.until is not None:
            raise ReminderRefused("until", "Give either a time (until) or a duration (for).")
        known = state.reminders.get(self.reminder_id)
        timezone = zone(known.timezone if known else "UTC")
        return duration("for", self.length).later(context.now, timezone)


class CancelReminder(ScopedReminderCommand):
    commutes: ClassVar[bool] = True

    def decide(self, state: Task, context: Context) -> Events | Decision:
        events = state.cancel_reminder(self.reminder_id)
        reminder = state.reminders[self.reminder_id]
        series = self._series(state, context, reminder)
        known = series_reminder_of(reminder, series.schedule.timezone) if series else None
        if series is None or known is None:
            return events
        texts = {known.text, replace(known, timezone=None).text}
        kept = tuple(each for each in series.template.reminders if each not in texts)
        return self._decision(state, series, events, kept)


class TriggerReminder(ReminderCommand):
    """Send the reminder due at `due_at`; if that is longer ago than the catch-up `window`, it is
    missed, and so it is while the account of the `owner` is disabled."""

    due_at: datetime
    window: timedelta
    owner: Standing = Standing.ACTIVE

    def decide(self, state: Task, context: Context) -> Events:
        return state.trigger_reminder(
            self.reminder_id, self.due_at, context.now, window=self.window, owner=self.owner
        )
