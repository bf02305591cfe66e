"""The values of a task, and the events that give it other values."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET
from msgspec.structs import asdict, replace

from domain.events.occurrences import TaskMadeRecurring, TaskMadeSingle, TaskSkipped, TaskUnskipped
from domain.events.reminders import (
    ReminderCancelled,
    ReminderEvent,
    ReminderRearmed,
    ReminderRestored,
    ReminderSet,
    ReminderSnoozed,
    ReminderWithdrawn,
)
from domain.events.tasks import (
    TaskCompleted,
    TaskDeleted,
    TaskEvent,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
)
from domain.record import Record
from domain.reminders.evolution import evolve_reminders
from domain.reminders.reminder import Reminder, Reminders
from domain.task import Task
from domain.undo.effect import Values
from domain.values.task_fields import TaskContent, TaskContentChange, values
from domain.vocabulary import AccountId, ReminderId, ReminderState, Status

REMINDER = "reminders."  # before the id of a reminder


class Done(Record):
    """When a task was completed or skipped; neither: it is open."""

    completed_at: datetime | None = None
    skipped_at: datetime | None = None


def task_values(task: Task) -> Values:
    """Return the values of a task: its fields, whether it is done or deleted, its place in a series
    and each of its reminders."""
    if task.id is None:
        return {}
    return {
        **values(task, TaskContent),
        "due": task.due,
        "status": Done(completed_at=task.completed_at, skipped_at=task.skipped_at),
        "deleted": task.deleted_at,
        "recurrence": task.occurrence_ref,
        **{f"{REMINDER}{each.id}": each for each in task.reminders.values()},
    }


def give_task(task: Task, wanted: Values) -> Sequence[TaskEvent]:
    """Return the events after which the task has the `wanted` values, and keeps its others."""
    events: list[TaskEvent] = []
    if wanted.get("deleted", UNSET) is None and task.deleted_at is not None:
        events.append(TaskRestored())
    if "status" in wanted:
        events += _become(task, wanted["status"])
    content = {name: wanted[name] for name in TaskContent.__struct_fields__ if name in wanted}
    # A task that is being restored, or deleted again, can be changed all the same.
    changeable = replace(task, status=Status.OPEN)
    events += changeable.change_content(TaskContentChange(**content))
    if "recurrence" in wanted:
        ref = wanted["recurrence"]
        events.append(TaskMadeSingle() if ref is None else TaskMadeRecurring(**asdict(ref)))
    if "due" in wanted:
        events.append(TaskRescheduled(**wanted["due"].fields))
    events += _reminders(task, wanted)
    if isinstance(deleted_at := wanted.get("deleted"), datetime):
        events.append(TaskDeleted(deleted_at=deleted_at))
    return events


def merged_tags(
    before: Sequence[str], after: Sequence[str], present: Sequence[str]
) -> tuple[str, ...]:
    """Return the tags without those that the change added and with those that it removed, given
    that others may have changed tags as well."""
    if tuple(present) == tuple(after):
        return tuple(before)
    kept = [tag for tag in present if tag in before or tag not in after]
    return (*kept, *(tag for tag in before if tag not in after and tag not in present))


def only_rang(then: object, present: object) -> bool:
    """Whether a reminder was sent or missed since, and otherwise is as it was then."""
    if not isinstance(then, Reminder) or not isinstance(present, Reminder):
        return False
    passed = present.state in (ReminderState.RUNG, ReminderState.MISSED)
    later = replace(
        then,
        due_at=present.due_at,
        state=present.state,
        rings=present.rings,
        snoozed=present.snoozed,
    )
    return (passed or present.rings > then.rings) and later == present


def _become(task: Task, wanted: Done) -> Sequence[TaskEvent]:
    events: list[TaskEvent] = []
    if task.completed_at is not None:
        events.append(TaskReopened())
    if task.skipped_at is not None:
        events.append(TaskUnskipped())
    if wanted.completed_at is not None:
        events.append(TaskCompleted(completed_at=wanted.completed_at))
    if wanted.skipped_at is not None:
        events.append(TaskSkipped(skipped_at=wanted.skipped_at))
    return events


def _reminders(task: Task, wanted: Values) -> Sequence[ReminderEvent]:
    events: list[ReminderEvent] = []
    for name, reminder in wanted.items():
        if not name.startswith(REMINDER) or task.owner is None:
            continue
        known = ReminderId(reminder.id) if isinstance(reminder, Reminder) else None
        if known is None:
            gone = next(each for each in task.reminders if name == f"{REMINDER}{each}")
            events.append(ReminderWithdrawn(reminder_id=gone))
        else:
            events += _give_reminder(task.reminders, reminder, task.owner)
    return events


def _same_request(known: Reminder | None, wanted: Reminder) -> bool:
    """Whether the reminder was set with the same request, whatever became of it."""
    return known is not None and wanted == replace(
        known,
        due_at=wanted.due_at,
        state=wanted.state,
        cancel_reason=wanted.cancel_reason,
        rings=wanted.rings,
        snoozed=wanted.snoozed,
    )


def _give_reminder(
    reminders: Reminders, wanted: Reminder, owner: AccountId
) -> Sequence[ReminderEvent]:
    """Return the events after which the reminder is as wanted, of the ordinary kinds if they do."""
    events: list[ReminderEvent] = []
    if not _same_request(reminders.get(wanted.id), wanted):
        events.append(
            ReminderSet(
                reminder_id=wanted.id,
                owner=owner,
                due_at=wanted.due_at,
                at=wanted.at,
                before=wanted.before,
                timezone=wanted.timezone,
                every=wanted.every,
                at_most=wanted.at_most,
            )
        )
        reminders = evolve_reminders(reminders, events[0])
    if reminders[wanted.id] == wanted:
        return events
    id_, due_at = wanted.id, wanted.due_at
    candidates: list[ReminderEvent] = [
        *(
            []
            if wanted.cancel_reason is None
            else [ReminderCancelled(reminder_id=id_, why=wanted.cancel_reason)]
        ),
        ReminderRearmed(reminder_id=id_, due_at=due_at, rings=wanted.rings),
        ReminderSnoozed(reminder_id=id_, until=due_at),
    ]
    for event in candidates:
        if evolve_reminders(reminders, event)[wanted.id] == wanted:
            return [*events, event]
    restored = ReminderRestored(
        reminder_id=id_,
        due_at=due_at,
        state=wanted.state,
        cancel_reason=wanted.cancel_reason,
        rings=wanted.rings,
        snoozed=wanted.snoozed,
    )
    return [*events, restored]
