"""Requests to change a task."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec import UNSET

from application.command import Command, Context, Events, States, Stream
from application.policy import may_access
from domain.errors import TaskNotFound
from domain.events.reminders import ReminderSet
from domain.preferences import Preferences
from domain.reminders.of_series import read_series_reminder, set_before_due
from domain.task import Task
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import AccountId, Status, TaskId, in_utc


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
        return preferences_of(self.owner) if self.fields.due_at is not None else {}

    def decide(self, state: Task, context: Context) -> Events:
        return Task.create(
            self.owner,
            self.fields,
            _set_defaults(self.task_id, self.owner, self.fields.due_at, context),
        )


class ChangeTask(TaskCommand):
    related_may_be_cached: ClassVar[bool] = True

    change: TaskFieldsChange

    def related_streams(self, state: Task) -> States:
        return preferences_of(state.owner) if self._needs_reminders(state) else {}

    def decide(self, state: Task, context: Context) -> Events:
        events = state.change(self.change, context.now)
        due_at = self.change.due_at
        if state.owner is None or due_at is UNSET or not self._needs_reminders(state):
            return events
        return [*events, *_set_defaults(self.task_id, state.owner, due_at, context)]

    def _needs_reminders(self, task: Task) -> bool:
        """Whether the task gets a due date and never had a reminder. The reminders of an
        occurrence are those of its series."""
        return (
            self.change.due_at is not UNSET
            and self.change.due_at not in (None, task.due_at)
            and task.status is Status.OPEN
            and task.occurrence_ref is None
            and not task.reminders
        )


def default_reminders(owner: AccountId, context: Context) -> tuple[str, ...]:
    """Return the reminders of the owner's preferences, if the command asked for these."""
    preferences = context.related.get(preferences_stream(owner))
    return preferences.default_reminders if isinstance(preferences, Preferences) else ()


def _set_defaults(
    task_id: TaskId, owner: AccountId, due_at: datetime | None, context: Context
) -> Sequence[ReminderSet]:
    """Return the events that set the reminders of the owner's preferences that are still ahead."""
    if due_at is None:
        return []
    preferences = context.related.get(preferences_stream(owner))
    if not isinstance(preferences, Preferences):
        return []
    reminders = [
        set_before_due(
            read_series_reminder(text),
            task_id=task_id,
            owner=owner,
            due_at=in_utc("due_at", due_at),
            timezone=preferences.timezone,
        )
        for text in preferences.default_reminders
    ]
    return [each for each in reminders if each.due_at > context.now]


def preferences_of(owner: AccountId | None) -> States:
    return {} if owner is None else {preferences_stream(owner): Preferences()}


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
    def decide(self, state: Task, context: Context) -> Events:
        return state.reopen(context.now)


class DeleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.delete()


class RestoreTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.restore(context.now)
