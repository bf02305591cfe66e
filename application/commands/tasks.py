"""Requests to change a task."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events, States, Stream
from application.policy import may_access
from domain.errors import TaskNotFound
from domain.events.reminders import ReminderSet
from domain.preferences import Preferences
from domain.reminders.of_series import read_series_reminder, set_before_due
from domain.task import Task
from domain.values.due import DayStart, Due, checked_due
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import AccountId, Status, TaskId


class TaskStream(Stream[Task]):
    """The stream of one task."""

    task_id: TaskId

    @property
    def stream_id(self) -> UUID:
        return self.task_id

    def initial(self) -> Task:
        return Task()

    def authorize(self, state: Task, context: Context) -> None:
        # A task of somebody else is answered like one that does not exist.
        if not may_access(state.owner, context):
            raise TaskNotFound(self.task_id)


class TaskCommand(TaskStream, Command[Task]):
    """A request to change one task."""


class CreateTask(TaskCommand):
    starts_stream: ClassVar[bool] = True
    related_may_be_cached: ClassVar[bool] = True

    owner: AccountId
    fields: TaskFields

    def authorize(self, state: Task, context: Context) -> None:
        """Anyone may create a task of their own."""

    def related_streams(self, state: Task) -> States:
        has_due_date = (self.fields.due_at, self.fields.due_on) != (None, None)
        return preferences_of(self.owner) if has_due_date else {}

    def decide(self, state: Task, context: Context) -> Events:
        due = checked_due(self.fields.due_at, self.fields.due_on)
        defaults = _set_defaults(self.task_id, self.owner, due, context)
        return Task.create(self.owner, self.fields, defaults)


class ChangeTask(TaskCommand):
    related_may_be_cached: ClassVar[bool] = True

    change: TaskFieldsChange

    def related_streams(self, state: Task) -> States:
        due = self._due(state)
        needed = self._needs_reminders(state) or (due != state.due and due.due_on is not None)
        return preferences_of(state.owner) if needed else {}

    def decide(self, state: Task, context: Context) -> Events:
        events = state.change(self.change, context.now, day_start_of(state.owner, context))
        if state.owner is None or not self._needs_reminders(state):
            return events
        return [*events, *_set_defaults(self.task_id, state.owner, self._due(state), context)]

    def _due(self, task: Task) -> Due:
        return task.due.changed(self.change.due_at, self.change.due_on)

    def _needs_reminders(self, task: Task) -> bool:
        """Whether the task gets a due date and never had a reminder. The reminders of an
        occurrence are those of its series."""
        return (
            self._due(task) not in (Due(), task.due)
            and task.status is Status.OPEN
            and task.occurrence_ref is None
            and not task.reminders
        )


def default_reminders(owner: AccountId, context: Context) -> tuple[str, ...]:
    """Return the reminders of the owner's preferences, if the command asked for these."""
    preferences = context.related.get(preferences_stream(owner))
    return preferences.default_reminders if isinstance(preferences, Preferences) else ()


def day_start_of(owner: AccountId | None, context: Context) -> DayStart:
    """Return when the owner's days start, by their preferences if the command asked for these."""
    preferences = context.related.get(preferences_stream(owner)) if owner else None
    return preferences.day_start if isinstance(preferences, Preferences) else DayStart()


def _set_defaults(
    task_id: TaskId, owner: AccountId, due: Due, context: Context
) -> Sequence[ReminderSet]:
    """Return the events that set the reminders of the owner's preferences that are still ahead."""
    preferences = context.related.get(preferences_stream(owner))
    if not isinstance(preferences, Preferences):
        return []
    moment = due.moment(preferences.day_start)
    if moment is None:
        return []
    reminders = [
        set_before_due(
            read_series_reminder(text),
            task_id=task_id,
            owner=owner,
            due_at=moment,
            timezone=preferences.timezone,
        )
        for text in preferences.default_reminders
    ]
    return [each for each in reminders if each.due_at > context.now]


def preferences_of(owner: AccountId | None) -> States:
    return {} if owner is None else {preferences_stream(owner): Preferences()}


def preferences_for_day(task: Task) -> States:
    """Return the preferences that say when the day of a task starts, if it is due on a day."""
    return {} if task.due_on is None else preferences_of(task.owner)


class TagTask(TaskCommand):
    commutes: ClassVar[bool] = True

    tags: tuple[str, ...]

    def decide(self, state: Task, context: Context) -> Events:
        return state.tag(self.tags)


class UntagTask(TaskCommand):
    commutes: ClassVar[bool] = True

    tag: str

    def decide(self, state: Task, context: Context) -> Events:
        return state.untag(self.tag)


class CompleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.complete()


class ReopenTask(TaskCommand):
    related_may_be_cached: ClassVar[bool] = True

    def related_streams(self, state: Task) -> States:
        return preferences_for_day(state)

    def decide(self, state: Task, context: Context) -> Events:
        return state.reopen(context.now, day_start_of(state.owner, context))


class DeleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.delete()


class RestoreTask(TaskCommand):
    related_may_be_cached: ClassVar[bool] = True

    def related_streams(self, state: Task) -> States:
        return preferences_for_day(state)

    def decide(self, state: Task, context: Context) -> Events:
        return state.restore(context.now, day_start_of(state.owner, context))
