"""The state of a task, and how its events change it."""

from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec import UNSET, field
from msgspec.structs import replace

from domain.aggregate import Aggregate
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
from domain.reminders.evolution import evolve_reminders
from domain.reminders.reminder import Reminders
from domain.values.due import Due
from domain.values.occurrence import OccurrenceRef
from domain.values.task_fields import TaskFields, task_fields
from domain.vocabulary import AccountId, SeriesId, Status, TaskId


class TaskState(TaskFields, Aggregate[TaskEvent]):
    """The present state of one task. Before it is created it has no owner."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(TaskEvent))

    version: int = 0
    id: TaskId | None = None
    owner: AccountId | None = None
    title: str = ""
    status: Status = Status.OPEN
    created_at: datetime | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None
    deleted_at: datetime | None = None
    skipped_at: datetime | None = None
    occurrence_ref: OccurrenceRef | None = None
    reminders: Reminders = field(default_factory=dict)

    @property
    def due(self) -> Due:
        return Due(due_at=self.due_at, due_on=self.due_on)

    @property
    def series_id(self) -> SeriesId | None:
        return None if self.occurrence_ref is None else self.occurrence_ref.series_id

    @property
    def occurrence(self) -> datetime | None:
        """The wall time that identifies it within its series."""
        return None if self.occurrence_ref is None else self.occurrence_ref.occurrence

    @property
    def _before_deleted(self) -> Status:
        if self.completed_at is not None:
            return Status.COMPLETED
        return Status.OPEN if self.skipped_at is None else Status.SKIPPED

    def evolve(self, event: TaskEvent, recorded: Recorded) -> Self:
        at = recorded.recorded_at
        if isinstance(event, (TaskCreated, TaskOccurrenceGenerated)):
            return type(self)(
                **task_fields(event),
                version=recorded.originator_version,
                id=TaskId(recorded.originator_id),
                owner=event.owner,
                created_at=at,
                updated_at=at,
                occurrence_ref=_occurrence_ref(event)
                if isinstance(event, TaskOccurrenceGenerated)
                else None,
            )
        if isinstance(event, ReminderSet):  # most tasks with a due date have one
            # A reminder does not change the task itself.
            reminders = evolve_reminders(self.reminders, event)
            return replace(self, version=recorded.originator_version, reminders=reminders)
        now = replace(self, version=recorded.originator_version, updated_at=at)
        match event:
            case TaskUpdated():
                return replace(now, **event.given())
            case TaskTagged(tags=tags):
                return replace(now, tags=(*self.tags, *tags))
            case TaskUntagged(tags=tags):
                return replace(now, tags=tuple(tag for tag in self.tags if tag not in tags))
            case TaskMoved(list_id=list_id):
                return replace(now, list_id=list_id)
            case TaskRescheduled(due_at=due_at, due_on=due_on, tzdata=tzdata):
                ref = self.occurrence_ref
                if ref is not None and tzdata is not UNSET and due_at is not None:
                    ref = replace(ref, due_at=due_at, tzdata=tzdata)
                return replace(now, due_at=due_at, due_on=due_on, occurrence_ref=ref)
            case TaskMadeRecurring():
                return replace(now, occurrence_ref=_occurrence_ref(event))
            case TaskMadeSingle():
                return replace(now, occurrence_ref=None)
            case TaskSkipped(skipped_at=then):
                return replace(now, status=Status.SKIPPED, skipped_at=at if then is UNSET else then)
            case TaskUnskipped():
                return replace(now, status=Status.OPEN, skipped_at=None)
            case TaskCompleted(completed_at=then):
                done_at = at if then is UNSET else then
                return replace(now, status=Status.COMPLETED, completed_at=done_at)
            case TaskReopened():
                return replace(now, status=Status.OPEN, completed_at=None)
            case TaskDeleted(deleted_at=then):
                return replace(now, status=Status.DELETED, deleted_at=at if then is UNSET else then)
            case TaskRestored():
                return replace(now, status=self._before_deleted, deleted_at=None)
            case (
                ReminderSnoozed()
                | ReminderCancelled()
                | ReminderRearmed()
                | ReminderTriggered()
                | ReminderMissed()
                | ReminderRestored()
                | ReminderWithdrawn()
            ):
                reminders = evolve_reminders(self.reminders, event)
                return replace(now, updated_at=self.updated_at, reminders=reminders)
            case _:
                assert_never(event)


def _occurrence_ref(event: TaskOccurrenceGenerated | TaskMadeRecurring) -> OccurrenceRef:
    return OccurrenceRef(
        series_id=event.series_id,
        occurrence=event.occurrence,
        due_at=event.due_at,
        due_on=event.due_on,
        tzdata=event.tzdata,
    )
