"""The events of a task, except those of its series and its reminders."""

from datetime import date
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.events.occurrences import OccurrenceEvent
from domain.events.reminders import ReminderEvent
from domain.values.task_fields import TaskDetailsChange, TaskFields
from domain.vocabulary import AccountId, ListId, Moment


class TaskCreated(TaskFields, Event, tag="task.created"):
    """A task was created; it belongs to `owner`."""

    owner: AccountId


class TaskUpdated(TaskDetailsChange, Event, tag="task.updated"):
    """Details of the task changed; only the fields that changed are set."""


class TaskTagged(Event, tag="task.tagged"):
    """Tags were added, after those the task had."""

    tags: tuple[str, ...]


class TaskUntagged(Event, tag="task.untagged"):
    """Tags were removed."""

    tags: tuple[str, ...]


class TaskMoved(Event, tag="task.moved"):
    """The task is in another list, or (null) in none."""

    list_id: ListId | None


class TaskRescheduled(Event, tag="task.rescheduled"):
    """The due date changed: to an instant (`due_at`), to a day (`due_on`), or (both null) to none.
    With `tzdata`: the wall time of the occurrence stayed, but is another instant by that edition
    of the time zones."""

    due_at: Moment | None
    tzdata: str | UnsetType = UNSET
    due_on: date | None = None


class TaskCompleted(Event, tag="task.completed"):
    """The task was done; with `completed_at`, at that moment, because reopening it was undone."""

    completed_at: Moment | UnsetType = UNSET


class TaskReopened(Event, tag="task.reopened"):
    """The task is open again."""


class TaskDeleted(Event, tag="task.deleted"):
    """The task was hidden; nothing of it is lost. With `deleted_at`, at that moment, because
    restoring it was undone."""

    deleted_at: Moment | UnsetType = UNSET


class TaskRestored(Event, tag="task.restored"):
    """The task is as it was before it was deleted."""


TaskEvent: TypeAlias = (
    TaskCreated
    | TaskUpdated
    | TaskTagged
    | TaskUntagged
    | TaskMoved
    | TaskRescheduled
    | TaskCompleted
    | TaskReopened
    | TaskDeleted
    | TaskRestored
    | OccurrenceEvent
    | ReminderEvent
)
