"""The present state of every task: one row per task, deleted ones included."""

from datetime import date, datetime
from typing import Any, ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict, replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.occurrences import (
    TaskMadeRecurring,
    TaskMadeSingle,
    TaskOccurrenceGenerated,
    TaskSkipped,
    TaskUnskipped,
)
from domain.events.recorded import Recorded
from domain.events.reminders import (
    ReminderCancelled,
    ReminderMissed,
    ReminderRearmed,
    ReminderRestored,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
    ReminderWithdrawn,
)
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskMoved,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.record import Record
from domain.values.normal_form import normal_form
from domain.values.task_fields import task_fields
from domain.vocabulary import AccountId, ListId, Priority, SeriesId, Status, TaskId
from projections.rows import columns, fetch_one
from projections.view import Key
from projections.views.tasks.words import document, title_key


class TaskRow(Record):
    id: TaskId
    owner: AccountId
    title: str
    description: str
    status: Status
    priority: Priority
    tags: tuple[str, ...]
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    deleted_at: datetime | None
    version: int
    skipped_at: datetime | None = None
    series_id: SeriesId | None = None
    occurrence: datetime | None = None
    due_on: date | None = None
    estimate: str | None = None
    list_id: ListId | None = None


class StoredTask(TaskRow):
    """`words` are what the task is found by (the text of a `tsvector`), `title_key` is what its
    title is sorted by, `tag_keys` are the normal forms of its tags."""

    words: str = ""
    title_key: str = ""
    tag_keys: tuple[str, ...] = ()


class TaskListView:
    name: ClassVar[str] = "task_list"
    row: ClassVar[type[Record]] = TaskRow
    stored_row: ClassVar[type[Record]] = StoredTask
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(TaskEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def stored(self, row: TaskRow) -> StoredTask:
        return StoredTask(
            **asdict(row),
            words=document(row.owner, row.title, row.tags, row.description),
            title_key=title_key(row.title),
            tag_keys=tuple(map(normal_form, row.tags)),
        )

    def evolve(self, row: TaskRow | None, recorded: Recorded) -> TaskRow | None:
        event, at = cast(TaskEvent, recorded.event), recorded.recorded_at
        if isinstance(event, (TaskCreated, TaskOccurrenceGenerated)):
            generated = event if isinstance(event, TaskOccurrenceGenerated) else None
            return TaskRow(
                **task_fields(event),
                id=TaskId(recorded.originator_id),
                owner=event.owner,
                status=Status.OPEN,
                created_at=at,
                updated_at=at,
                completed_at=None,
                deleted_at=None,
                series_id=generated.series_id if generated else None,
                occurrence=generated.occurrence if generated else None,
                version=recorded.originator_version,
            )
        if row is None:
            return None  # the event that created it was set aside: there is nothing to change
        moved = {"updated_at": at, "version": recorded.originator_version}
        return replace(row, **(moved | _changed(row, event, at)))


def _changed(row: TaskRow, event: TaskEvent, at: datetime) -> dict[str, Any]:
    """Return the fields that `event` changes, with their new values."""
    match event:
        case TaskUpdated():
            return event.given()
        case TaskTagged(tags=tags):
            return {"tags": (*row.tags, *tags)}
        case TaskUntagged(tags=tags):
            return {"tags": tuple(tag for tag in row.tags if tag not in tags)}
        case TaskMoved(list_id=list_id):
            return {"list_id": list_id}
        case TaskRescheduled(due_at=due_at, due_on=due_on):
            return {"due_at": due_at, "due_on": due_on}
        case TaskCompleted(completed_at=then):
            return {"status": Status.COMPLETED, "completed_at": at if then is UNSET else then}
        case TaskReopened():
            return {"status": Status.OPEN, "completed_at": None}
        case TaskDeleted(deleted_at=then):
            return {"status": Status.DELETED, "deleted_at": at if then is UNSET else then}
        case TaskRestored():
            before = Status.OPEN if row.skipped_at is None else Status.SKIPPED
            if row.completed_at is not None:
                before = Status.COMPLETED
            return {"status": before, "deleted_at": None}
        case TaskMadeRecurring(series_id=series_id, occurrence=occurrence):
            return {"series_id": series_id, "occurrence": occurrence}
        case TaskMadeSingle():
            return {"series_id": None, "occurrence": None}
        case TaskSkipped(skipped_at=then):
            return {"status": Status.SKIPPED, "skipped_at": at if then is UNSET else then}
        case TaskUnskipped():
            return {"status": Status.OPEN, "skipped_at": None}
        case (
            ReminderSet()
            | ReminderSnoozed()
            | ReminderCancelled()
            | ReminderRearmed()
            | ReminderTriggered()
            | ReminderMissed()
            | ReminderRestored()
            | ReminderWithdrawn()
        ):
            return {"updated_at": row.updated_at}  # a reminder does not change the task
        case TaskCreated() | TaskOccurrenceGenerated():
            return {}
        case _:
            assert_never(event)


async def get(connection: AsyncConnection, task_id: UUID) -> TaskRow | None:
    """Return the task, whichever account owns it and whatever its status, or None."""
    return await fetch_one(
        connection,
        TaskRow,
        f"SELECT {columns(TaskRow)} FROM task_list WHERE id = %s",  # noqa: S608 - columns are ours
        [task_id],
    )
