"""A task: what it decides. What it remembers is in `domain.states.task_state`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UNSET
from msgspec.structs import replace

from domain.errors import (
    ReminderNotFound,
    TaskIsCompleted,
    TaskIsDeleted,
    TaskIsSkipped,
    TooManyTags,
)
from domain.events.occurrences import TaskMadeRecurring, TaskMadeSingle, TaskSkipped, TaskUnskipped
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.reminders import reminder
from domain.reminders.reminder import Reminder
from domain.reminders.spec import ReminderSpec
from domain.states.task_state import TaskState
from domain.values.occurrence import OccurrenceRef
from domain.values.task_fields import (
    TaskContentChange,
    TaskDetailsChange,
    TaskFields,
    TaskFieldsChange,
    values,
)
from domain.vocabulary import (
    AccountId,
    CancelReason,
    ReminderId,
    SeriesId,
    Status,
    in_utc,
)

MAX_TAGS = 50


class Task(TaskState):
    """A task as it stands, and what it answers to every request: facts, or a refusal."""

    @staticmethod
    def create(
        owner: AccountId,
        fields: TaskFields,
    ) -> Sequence[TaskEvent]:
        checked = replace(fields, tags=_unique(fields.tags), due_at=_within_range(fields.due_at))
        return [TaskCreated(owner=owner, **values(checked, TaskFields))]

    def change(self, change: TaskFieldsChange, now: datetime) -> Sequence[TaskEvent]:
        changed = self.change_content(change)
        if change.due_at is UNSET:
            return changed
        return [*changed, *self._reschedule(change.due_at, now)]

    def change_content(self, change: TaskContentChange) -> Sequence[TaskEvent]:
        """Change everything but the due date."""
        self._must_not_be_deleted()
        details = values(change, TaskDetailsChange)
        updated = TaskUpdated(**TaskDetailsChange(**details).effective(self))
        events: list[TaskEvent] = [] if updated == TaskUpdated() else [updated]
        if change.tags is not UNSET:
            events.extend(self._retag(_unique(change.tags)))
        return events

    def tag(self, tags: Sequence[str]) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        new = tuple(tag for tag in dict.fromkeys(tags) if tag not in self.tags)
        if len(self.tags) + len(new) > MAX_TAGS:
            raise TooManyTags(len(self.tags) + len(new))
        return [TaskTagged(tags=new)] if new else []

    def untag(self, tag: str) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        return [TaskUntagged(tags=(tag,))] if tag in self.tags else []

    def complete(self) -> Sequence[TaskEvent]:
        if self.status is Status.COMPLETED:
            return []
        self._must_not_be_skipped()
        return [TaskCompleted(), *reminder.cancel_pending(self.reminders, CancelReason.COMPLETED)]

    def reopen(self, now: datetime) -> Sequence[TaskEvent]:
        if self.status is Status.OPEN:
            return []
        self._must_not_be_skipped()
        return [TaskReopened(), *reminder.rearm_all(self.reminders, self.due_at, now)]

    def delete(self) -> Sequence[TaskEvent]:
        if self.status is Status.DELETED:
            return []
        return [TaskDeleted(), *reminder.cancel_pending(self.reminders, CancelReason.DELETED)]

    def restore(self, now: datetime) -> Sequence[TaskEvent]:
        if self.status is not Status.DELETED:
            return []
        if self.completed_at is not None or self.skipped_at is not None:
            return [TaskRestored()]
        return [TaskRestored(), *reminder.rearm_all(self.reminders, self.due_at, now)]

    def become_occurrence(self, ref: OccurrenceRef, now: datetime) -> Sequence[TaskEvent]:
        """Be the occurrence at this place: what was due at another time is due then."""
        self._must_not_be_deleted()
        if self.occurrence_ref == ref and (
            self.due_at == ref.due_at or self.status is not Status.OPEN
        ):
            return []
        made = TaskMadeRecurring(
            series_id=ref.series_id,
            occurrence=ref.occurrence,
            due_at=ref.due_at,
            tzdata=ref.tzdata,
        )
        if self.status is not Status.OPEN:
            return [made]  # what is done was due when it was due
        return [*self._reschedule(ref.due_at, now), made]

    def change_series(self, series_id: SeriesId) -> Sequence[TaskEvent]:
        """Be the same occurrence, but of the series that goes on from another."""
        if self.occurrence_ref is None or self.occurrence_ref.series_id == series_id:
            return []
        here = self.occurrence_ref
        return [
            TaskMadeRecurring(
                series_id=series_id,
                occurrence=here.occurrence,
                due_at=here.due_at,
                tzdata=here.tzdata,
            )
        ]

    def leave_series(self) -> Sequence[TaskEvent]:
        return [] if self.occurrence_ref is None else [TaskMadeSingle()]

    def skip(self) -> Sequence[TaskEvent]:
        """Let this occurrence go."""
        if self.status is Status.SKIPPED:
            return []
        self._must_be_open()
        return [TaskSkipped(), *reminder.cancel_pending(self.reminders, CancelReason.SKIPPED)]

    def unskip(self, now: datetime) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        if self.status is not Status.SKIPPED:
            return []
        return [TaskUnskipped(), *reminder.rearm_all(self.reminders, self.due_at, now)]

    def retime(self, ref: OccurrenceRef, now: datetime) -> Sequence[TaskEvent]:
        """Be due at the instant that its wall time has become, unless somebody moved it."""
        if (
            self.status is not Status.OPEN
            or self.occurrence_ref is None
            or self.due_at != self.occurrence_ref.due_at
        ):
            return []
        if ref.due_at == self.due_at:
            return []
        moved = TaskRescheduled(due_at=ref.due_at, tzdata=ref.tzdata)
        return [moved, *reminder.reschedule_all(self.reminders, ref.due_at, now)]

    def remind(
        self, reminder_id: ReminderId, spec: ReminderSpec, now: datetime
    ) -> Sequence[TaskEvent]:
        self._must_be_open()
        if self.owner is None:
            raise ReminderNotFound(reminder_id)  # there is no task yet
        return [spec.to_event(reminder_id, self.owner, self.due_at, self.reminders, now)]

    def snooze_reminder(
        self, reminder_id: ReminderId, until: datetime, now: datetime
    ) -> Sequence[TaskEvent]:
        self._must_be_open()
        return self._reminder(reminder_id).snooze(in_utc("until", until), now)

    def cancel_reminder(self, reminder_id: ReminderId) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        return self._reminder(reminder_id).cancel()

    def trigger_reminder(
        self, reminder_id: ReminderId, due_at: datetime, now: datetime, *, window: timedelta
    ) -> Sequence[TaskEvent]:
        """Ring, if it is still to ring for that moment; after the catch-up window it is missed."""
        ringing = self.reminders.get(reminder_id)
        if ringing is None or not ringing.pending or ringing.due_at != due_at or now < due_at:
            return []
        return [ringing.trigger(now, late=now - due_at > window)]

    def _reschedule(self, due_at: datetime | None, now: datetime) -> Sequence[TaskEvent]:
        moment = _within_range(due_at)
        if moment == self.due_at:
            return []
        rescheduled = TaskRescheduled(due_at=moment)
        if self.status is not Status.OPEN:
            return [rescheduled]
        return [rescheduled, *reminder.reschedule_all(self.reminders, moment, now)]

    def _reminder(self, reminder_id: ReminderId) -> Reminder:
        if reminder_id not in self.reminders:
            raise ReminderNotFound(reminder_id)
        return self.reminders[reminder_id]

    def _must_be_open(self) -> None:
        self._must_not_be_skipped()
        if self.status is Status.COMPLETED:
            raise TaskIsCompleted

    def _must_not_be_skipped(self) -> None:
        self._must_not_be_deleted()
        if self.status is Status.SKIPPED:
            raise TaskIsSkipped

    def _must_not_be_deleted(self) -> None:
        if self.status is Status.DELETED:
            raise TaskIsDeleted

    def _retag(self, wanted: tuple[str, ...]) -> Sequence[TaskEvent]:
        # Tags are only ever appended, so what stands out of order is taken off and put back.
        kept: list[str] = []
        for tag in self.tags:
            if len(kept) < len(wanted) and tag == wanted[len(kept)]:
                kept.append(tag)
        dropped = tuple(tag for tag in self.tags if tag not in kept)
        added = wanted[len(kept) :]
        facts: list[TaskEvent] = []
        if dropped:
            facts.append(TaskUntagged(tags=dropped))
        if added:
            facts.append(TaskTagged(tags=added))
        return facts


def _unique(tags: Sequence[str]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(tags))
    if len(unique) > MAX_TAGS:
        raise TooManyTags(len(unique))
    return unique


def _within_range(due_at: datetime | None) -> datetime | None:
    return None if due_at is None else in_utc("due_at", due_at)
