"""Requests to change a task."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from msgspec import UNSET

from application.command import Command, Context, Events, States, Stream
from application.policy import may_access
from domain.aggregate import Aggregate
from domain.errors import TaskNotFound
from domain.events.reminders import ReminderSet
from domain.events.tasks import TaskMoved
from domain.preferences import Preferences
from domain.reminders.of_series import read_series_reminder, set_before_due
from domain.task import Task
from domain.task_list import TaskList
from domain.values.due import DayStart, Due
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskContentChange, TaskFields, TaskFieldsChange
from domain.vocabulary import AccountId, ListId, Status, TaskId


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
        related = preferences_of(self.owner) if has_due_date else {}
        return related if self.fields.list_id is None else related | list_of(self.fields.list_id)

    def decide(self, state: Task, context: Context) -> Events:
        check_list(self.owner, self.fields.list_id, context)
        [created] = Task.create(self.owner, self.fields)
        due = Due(due_at=created.due_at, due_on=created.due_on)
        return [created, *_set_defaults(self.task_id, self.owner, due, context)]


class ChangeTask(TaskCommand):
    related_may_be_cached: ClassVar[bool] = True

    change: TaskFieldsChange

    def related_streams(self, state: Task) -> States:
        related = preferences_of(state.owner) if self._needs_preferences(state) else {}
        return related | new_list_of(state, self.change)

    def decide(self, state: Task, context: Context) -> Events:
        check_new_list(state, self.change, context)
        events = state.change(self.change, context.now, day_start_of(state.owner, context))
        if state.owner is None or not self._needs_reminders(state):
            return events
        return [*events, *_set_defaults(self.task_id, state.owner, self._due(state), context)]

    def _due(self, task: Task) -> Due:
        return task.due.changed(self.change.due_at, self.change.due_on)

    @property
    def _sets_due(self) -> bool:
        return self.change.due_at is not UNSET or self.change.due_on is not UNSET

    def _needs_preferences(self, task: Task) -> bool:
        if not self._sets_due:
            return False
        due = self._due(task)
        return self._needs_reminders(task) or (due != task.due and due.due_on is not None)

    def _needs_reminders(self, task: Task) -> bool:
        """Whether the task gets a due date and never had a reminder. The reminders of an
        occurrence are those of its series."""
        return (
            self._sets_due
            and self._due(task) not in (Due(), task.due)
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


def list_of(list_id: ListId | None) -> dict[UUID, Aggregate[Any]]:
    """Return the list that a task is to be in, or no stream."""
    return {} if list_id is None else {list_id: TaskList()}


def check_list(owner: AccountId | None, list_id: ListId | None, context: Context) -> None:
    """Refuse a list that takes no tasks of this account.

    Raises:
        ListRefused: it does not exist, belongs to somebody else, was deleted, or is archived.
    """
    if list_id is not None:
        found = context.related.get(list_id)
        found = found if isinstance(found, TaskList) else TaskList()
        found.check_takes_tasks_of(owner, list_id)


def new_list_of(task: Task, change: TaskContentChange) -> dict[UUID, Aggregate[Any]]:
    """Return the list that a change moves the task to, if it does."""
    moves = change.list_id is not UNSET and change.list_id != task.list_id
    return list_of(change.list_id) if moves and change.list_id is not UNSET else {}


def check_new_list(task: Task, change: TaskContentChange, context: Context) -> None:
    """Refuse to move the task to a list that takes no tasks of its owner.

    Raises:
        ListRefused: it does not exist, belongs to somebody else, was deleted, or is archived.
    """
    for list_id in new_list_of(task, change):
        check_list(task.owner, ListId(list_id), context)


def preferences_of(owner: AccountId | None) -> dict[UUID, Aggregate[Any]]:
    return {} if owner is None else {preferences_stream(owner): Preferences()}


def preferences_for_day(task: Task) -> dict[UUID, Aggregate[Any]]:
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
    """Restore the task; if its list was deleted, it is in none."""

    related_may_be_cached: ClassVar[bool] = True

    def related_streams(self, state: Task) -> States:
        return preferences_for_day(state) | list_of(state.list_id)

    def decide(self, state: Task, context: Context) -> Events:
        events = state.restore(context.now, day_start_of(state.owner, context))
        known = context.related.get(state.list_id) if state.list_id else None
        gone = isinstance(known, TaskList) and known.deleted_at is not None
        return [*events, TaskMoved(list_id=None)] if events and gone else events
