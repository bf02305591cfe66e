"""Every fact about a task, but for its place in a series and its reminders."""

from datetime import datetime
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.events.occurrences import OccurrenceEvent
from domain.events.reminders import ReminderEvent
from domain.vocabulary import AccountId, Priority


class TaskCreated(Event, tag="task.created"):
    """A task began, belonging to `owner`."""

    owner: AccountId
    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()
    due_at: datetime | None = None


class TaskUpdated(Event, tag="task.updated"):
    """Its words or its priority changed; only what changed is there."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET


class TaskTagged(Event, tag="task.tagged"):
    """These tags were put on, behind those the task had."""

    tags: tuple[str, ...]


class TaskUntagged(Event, tag="task.untagged"):
    """These tags were taken off."""

    tags: tuple[str, ...]


class TaskRescheduled(Event, tag="task.rescheduled"):
    """It is due at another time, or (null) at no time any more. With `tzdata`: the wall time of
    its series stayed, but is another instant by the zones of that edition."""

    due_at: datetime | None
    tzdata: str | UnsetType = UNSET


class TaskCompleted(Event, tag="task.completed"):
    """It was done."""


class TaskReopened(Event, tag="task.reopened"):
    """It was not done after all."""


class TaskDeleted(Event, tag="task.deleted"):
    """It was put out of sight; nothing of it is lost."""


class TaskRestored(Event, tag="task.restored"):
    """It came back as it was before it was deleted."""


TaskEvent: TypeAlias = (
    TaskCreated
    | TaskUpdated
    | TaskTagged
    | TaskUntagged
    | TaskRescheduled
    | TaskCompleted
    | TaskReopened
    | TaskDeleted
    | TaskRestored
    | OccurrenceEvent
    | ReminderEvent
)
