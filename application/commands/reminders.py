"""Requests to change the reminders of a task."""

from datetime import datetime, timedelta
from typing import ClassVar

from application.command import Context, Events
from application.commands.tasks import TaskCommand
from domain.errors import ReminderRefused
from domain.recurrence.duration import duration
from domain.recurrence.local_time import zone
from domain.reminders.spec import ReminderSpec
from domain.task import Task
from domain.vocabulary import ReminderId


class ReminderCommand(TaskCommand):
    """A request to change one reminder of a task."""

    reminder_id: ReminderId


class SetReminder(ReminderCommand):
    commutes: ClassVar[bool] = True

    spec: ReminderSpec

    def decide(self, state: Task, context: Context) -> Events:
        return state.remind(self.reminder_id, self.spec, context.now)


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


class CancelReminder(ReminderCommand):
    commutes: ClassVar[bool] = True

    def decide(self, state: Task, context: Context) -> Events:
        return state.cancel_reminder(self.reminder_id)


class TriggerReminder(ReminderCommand):
    """Send the reminder due at `due_at`; if that is longer ago than the catch-up `window`, it is
    missed."""

    due_at: datetime
    window: timedelta

    def decide(self, state: Task, context: Context) -> Events:
        return state.trigger_reminder(
            self.reminder_id, self.due_at, context.now, window=self.window
        )
