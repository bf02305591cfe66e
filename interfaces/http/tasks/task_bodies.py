"""The bodies of task requests and responses."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from application.undo.restore_version import not_restored
from domain.errors import TaskNotFound
from domain.record import Record
from domain.reminders.spec import MAX_PENDING
from domain.task import Task
from domain.values.change import PartialChange
from domain.values.task_fields import TaskFields, values
from domain.vocabulary import (
    AccountId,
    Description,
    ListId,
    Priority,
    SeriesId,
    Status,
    Tags,
    TaskId,
    Title,
)
from interfaces.http.protocol.values import Day, Moment
from interfaces.http.tasks.recurrence_input import RecurrenceInput
from interfaces.http.tasks.reminder_input import NewReminder

Estimate: TypeAlias = Annotated[
    str,
    Meta(
        max_length=40,
        description="How long it will take, ISO 8601: from PT1M to PT999H",
        examples=["PT1H30M"],
    ),
]


class NewTask(TaskFields, forbid_unknown_fields=True):
    """A task is due at a moment (`due_at`), on a day (`due_on`), or has no due date. A day is the
    same date in every time zone. `recurrence` makes it recur, as PUT …/recurrence does;
    `reminders` replace those of your notification preferences. All is recorded, or nothing."""

    title: Title
    description: Description = ""
    tags: Tags = ()
    estimate: Estimate | None = None
    due_at: Moment | None = None
    due_on: Day | None = None
    recurrence: RecurrenceInput | None = None
    reminders: Annotated[tuple[NewReminder, ...], Meta(max_length=MAX_PENDING)] | None = None


class TaskChange(PartialChange, forbid_unknown_fields=True):
    """Fields that are given change; the others stay as they are. Giving `due_at` removes `due_on`,
    and the reverse."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    estimate: Estimate | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    list_id: ListId | UnsetType | None = UNSET
    due_at: Moment | UnsetType | None = UNSET
    due_on: Day | UnsetType | None = UNSET


class NewTags(Record, forbid_unknown_fields=True):
    tags: Tags


class TaskBody(Record):
    """A task as it is, or as it was at a version or a moment."""

    id: TaskId
    owner: AccountId
    title: str
    description: str
    status: Status
    priority: Priority
    tags: Sequence[str]
    list_id: ListId | None
    estimate: str | None
    due_at: datetime | None
    due_on: date | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    deleted_at: datetime | None
    skipped_at: datetime | None
    series_id: SeriesId | None
    occurrence: datetime | None  # a wall time: the occurrence of its series
    version: int


class RestoredTask(TaskBody):
    """A task that was restored. Of an earlier version, `not_restored` names what did not come back:
    its `recurrence`, or `reminders` whose time has passed."""

    not_restored: Sequence[str] = ()


def body_of(task: Task) -> TaskBody:
    if task.id is None or task.owner is None or task.created_at is None or task.updated_at is None:
        raise TaskNotFound(UUID(int=0))  # no event was ever recorded of it
    return TaskBody(
        **values(task, TaskFields),
        id=task.id,
        owner=task.owner,
        status=task.status,
        created_at=task.created_at,
        updated_at=task.updated_at,
        completed_at=task.completed_at,
        deleted_at=task.deleted_at,
        skipped_at=task.skipped_at,
        series_id=task.series_id,
        occurrence=task.occurrence,
        version=task.version,
    )


def restored(task: Task, then: Task | None = None) -> RestoredTask:
    """Return the body of a restored task, and what of the state `then` did not come back."""
    missing = not_restored(task, then) if then else ()
    return RestoredTask(**asdict(body_of(task)), not_restored=missing)
