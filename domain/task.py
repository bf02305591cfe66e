"""A task: its decisions. Its state is in `domain.states.task_state`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UNSET
from msgspec.structs import asdict

from domain.errors import (
    ReminderNotFound,
    TaskIsCompleted,
    TaskIsDeleted,
    TaskIsSkipped,
)
from domain.events.occurrences import TaskMadeRecurring, TaskMadeSingle, TaskSkipped, TaskUnskipped
from domain.events.reminders import ReminderSet
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
from domain.reminders import of_series, reminder
from domain.reminders.reminder import Reminder
from domain.reminders.spec import ReminderSpec
from domain.states.task_state import TaskState
from domain.values.due import DayStart, Due, checked_due
from domain.values.estimate import checked_estimate, with_checked_estimate
from domain.values.normal_form import normal_form, visible
from domain.values.occurrence import OccurrenceRef
from domain.values.task_fields import (
    TaskContentChange,
    TaskDetails,
    TaskFields,
    TaskFieldsChange,
    checked_tags,
    values,
)
from domain.vocabulary import (
    AccountId,
    CancelReason,
    ReminderId,
    SeriesId,
    Standing,
    Status,
    in_utc,
)

NINE_IN_UTC = DayStart()


class Task(TaskState):
    """A task that answers each request with events, or with a refusal."""

    @staticmethod
    def create(owner: AccountId, fields: TaskFields) -> Sequence[TaskCreated]:
        due = checked_due(fields.due_at, fields.due_on)
        checked = {
            "title": visible("title", fields.title),
            "tags": checked_tags(fields.tags),
            "estimate": checked_estimate(fields.estimate),
            "due_at": due.due_at,
            "due_on": due.due_on,
        }
        return [TaskCreated(owner=owner, **values(fields, TaskFields) | checked)]

    def change(
        self, change: TaskFieldsChange, now: datetime, day_start: DayStart = NINE_IN_UTC
    ) -> Sequence[TaskEvent]:
        """Change the fields that are set.

        `day_start` is from when reminders count back if the task is due on a day, here and below.
        """
        changed = self.change_content(change)
        due = self.due.changed(change.due_at, change.due_on)
        return [*changed, *self._reschedule(due, now, day_start)]

    def change_content(self, change: TaskContentChange) -> Sequence[TaskEvent]:
        """Change everything but the due date."""
        self._must_not_be_deleted()
        if change.title is not UNSET:
            visible("title", change.title)
        details = with_checked_estimate(change).effective(self, TaskDetails)
        events: list[TaskEvent] = [TaskUpdated(**details)] if details else []
        if change.tags is not UNSET:
            events.extend(self._retag(checked_tags(change.tags)))
        if change.list_id is not UNSET and change.list_id != self.list_id:
            events.append(TaskMoved(list_id=change.list_id))
        return events

    def tag(self, tags: Sequence[str]) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        new = checked_tags(tags, self.tags)
        return [TaskTagged(tags=new)] if new else []

    def untag(self, tag: str) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        wanted = normal_form(tag)
        present = tuple(each for each in self.tags if normal_form(each) == wanted)
        return [TaskUntagged(tags=present)] if present else []

    def complete(self) -> Sequence[TaskEvent]:
        if self.status is Status.COMPLETED:
            return []
        self._must_not_be_skipped()
        return [TaskCompleted(), *reminder.cancel_pending(self.reminders, CancelReason.COMPLETED)]

    def reopen(self, now: datetime, day_start: DayStart = NINE_IN_UTC) -> Sequence[TaskEvent]:
        if self.status is Status.OPEN:
            return []
        self._must_not_be_skipped()
        return [TaskReopened(), *self._rearm(now, day_start)]

    def delete(self) -> Sequence[TaskEvent]:
        if self.status is Status.DELETED:
            return []
        return [TaskDeleted(), *reminder.cancel_pending(self.reminders, CancelReason.DELETED)]

    def restore(self, now: datetime, day_start: DayStart = NINE_IN_UTC) -> Sequence[TaskEvent]:
        if self.status is not Status.DELETED:
            return []
        if self.completed_at is not None or self.skipped_at is not None:
            return [TaskRestored()]
        return [TaskRestored(), *self._rearm(now, day_start)]

    def become_occurrence(
        self, ref: OccurrenceRef, now: datetime, day_start: DayStart = NINE_IN_UTC
    ) -> Sequence[TaskEvent]:
        """Make the task this occurrence of a series, due at its time."""
        self._must_not_be_deleted()
        if self.occurrence_ref == ref and (self.due == ref.due or self.status is not Status.OPEN):
            return []
        recurring = TaskMadeRecurring(**asdict(ref))
        if self.status is not Status.OPEN:
            return [recurring]  # the due date of a task that is done stays
        return [*self._reschedule(ref.due, now, day_start), recurring]

    def change_series(self, series_id: SeriesId) -> Sequence[TaskEvent]:
        """Move the occurrence to the series that continues its own."""
        if self.occurrence_ref is None or self.occurrence_ref.series_id == series_id:
            return []
        return [TaskMadeRecurring(**asdict(self.occurrence_ref) | {"series_id": series_id})]

    def leave_series(self) -> Sequence[TaskEvent]:
        return [] if self.occurrence_ref is None else [TaskMadeSingle()]

    def skip(self) -> Sequence[TaskEvent]:
        """Skip this occurrence."""
        if self.status is Status.SKIPPED:
            return []
        self._must_be_open()
        return [TaskSkipped(), *reminder.cancel_pending(self.reminders, CancelReason.SKIPPED)]

    def unskip(self, now: datetime, day_start: DayStart = NINE_IN_UTC) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        if self.status is not Status.SKIPPED:
            return []
        return [TaskUnskipped(), *self._rearm(now, day_start)]

    def retime(self, ref: OccurrenceRef, now: datetime) -> Sequence[TaskEvent]:
        """Move the due date to the new instant of the wall time, unless a person rescheduled it."""
        known = self.occurrence_ref
        if self.status is not Status.OPEN or known is None or self.due != known.due:
            return []
        if ref.due == self.due or ref.due_at is None:
            return []
        rescheduled = TaskRescheduled(due_at=ref.due_at, tzdata=ref.tzdata)
        return [rescheduled, *reminder.reschedule_all(self.reminders, ref.due_at, now)]

    def remind(
        self,
        reminder_id: ReminderId,
        spec: ReminderSpec,
        now: datetime,
        day_start: DayStart = NINE_IN_UTC,
    ) -> ReminderSet:
        self._must_be_open()
        if self.owner is None:
            raise ReminderNotFound(reminder_id)  # there is no task yet
        moment = self.due.moment(day_start)
        return spec.to_event(reminder_id, self.owner, moment, self.reminders, now)

    def follow_series_reminders(
        self,
        wanted: Sequence[str],
        dropped: Sequence[str],
        timezone: str,
        now: datetime,
        *,
        due: Due | None = None,
        day_start: DayStart = NINE_IN_UTC,
    ) -> Sequence[TaskEvent]:
        """Set the reminders of the series that are still ahead, and cancel those it dropped.

        `due` is when the task will be due, if that is about to change.
        """
        moment = (due or self.due).moment(day_start)
        if self.status is not Status.OPEN or moment is None:
            return []
        if self.owner is None or self.id is None:
            return []
        return of_series.follow_series(
            self.reminders,
            wanted,
            dropped,
            task_id=self.id,
            owner=self.owner,
            due_at=moment,
            timezone=timezone,
            now=now,
        )

    def snooze_reminder(
        self, reminder_id: ReminderId, until: datetime, now: datetime
    ) -> Sequence[TaskEvent]:
        self._must_be_open()
        return self._reminder(reminder_id).snooze(in_utc("until", until), now)

    def cancel_reminder(self, reminder_id: ReminderId) -> Sequence[TaskEvent]:
        self._must_not_be_deleted()
        return self._reminder(reminder_id).cancel()

    def trigger_reminder(
        self,
        reminder_id: ReminderId,
        due_at: datetime,
        now: datetime,
        *,
        window: timedelta,
        owner: Standing = Standing.ACTIVE,
    ) -> Sequence[TaskEvent]:
        """Send the reminder if it is pending for this moment. After `window`, or while the account
        of the owner is disabled, it is missed; when that is deleted, no reminder is sent again."""
        due = self.reminders.get(reminder_id)
        if due is None or not due.pending or due.due_at != due_at or now < due_at:
            return []
        if owner is Standing.DELETED:
            return reminder.cancel_pending(self.reminders, CancelReason.ACCOUNT_DELETED)
        late = now - due_at > window or owner is Standing.DISABLED
        return [due.trigger(now, late=late)]

    def _reschedule(
        self, due: Due, now: datetime, day_start: DayStart = NINE_IN_UTC
    ) -> Sequence[TaskEvent]:
        if due == self.due:
            return []
        rescheduled = TaskRescheduled(**due.fields)
        if self.status is not Status.OPEN:
            return [rescheduled]
        moved = reminder.reschedule_all(self.reminders, due.moment(day_start), now)
        return [rescheduled, *moved]

    def _rearm(self, now: datetime, day_start: DayStart) -> Sequence[TaskEvent]:
        return reminder.rearm_all(self.reminders, self.due.moment(day_start), now)

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
        # Events only append tags, so tags out of order are removed and added again.
        kept: list[str] = []
        for tag in self.tags:
            if len(kept) < len(wanted) and normal_form(tag) == normal_form(wanted[len(kept)]):
                kept.append(tag)
        dropped = tuple(tag for tag in self.tags if tag not in kept)
        added = wanted[len(kept) :]
        events: list[TaskEvent] = []
        if dropped:
            events.append(TaskUntagged(tags=dropped))
        if added:
            events.append(TaskTagged(tags=added))
        return events
