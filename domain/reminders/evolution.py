"""How events change the reminders of a task."""

from datetime import datetime
from typing import TypeAlias, assert_never

from msgspec.structs import replace

from domain.events.reminders import (
    ReminderCancelled,
    ReminderEvent,
    ReminderMissed,
    ReminderRearmed,
    ReminderRestored,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
    ReminderWithdrawn,
)
from domain.reminders.reminder import Reminder, Reminders
from domain.vocabulary import ReminderState

# The events of a reminder that the task has before and after.
Lasting: TypeAlias = (
    ReminderSnoozed
    | ReminderCancelled
    | ReminderRearmed
    | ReminderTriggered
    | ReminderMissed
    | ReminderRestored
)


def evolve_reminders(reminders: Reminders, event: ReminderEvent) -> Reminders:
    """Return the reminders after an event of one of them."""
    if isinstance(event, ReminderSet):
        if not reminders:
            return {event.reminder_id: created(event)}
        # The last one set is the last one in order, even if it was there before.
        others = {key: each for key, each in reminders.items() if key != event.reminder_id}
        return {**others, event.reminder_id: created(event)}
    before = reminders.get(event.reminder_id)
    if before is None:
        return reminders
    if isinstance(event, ReminderWithdrawn):
        return {key: each for key, each in reminders.items() if key != event.reminder_id}
    return {**reminders, event.reminder_id: _changed(before, event)}


def created(event: ReminderSet) -> Reminder:
    return Reminder(
        id=event.reminder_id,
        at=event.at,
        before=event.before,
        timezone=event.timezone,
        every=event.every,
        at_most=event.at_most,
        due_at=event.due_at,
    )


def _changed(reminder: Reminder, event: Lasting) -> Reminder:
    pending = replace(reminder, state=ReminderState.PENDING, cancel_reason=None)
    match event:
        case ReminderSnoozed(until=until):
            return replace(pending, due_at=until, snoozed=True)
        case ReminderRearmed(due_at=due_at, rings=rings):
            snoozed = reminder.snoozed and due_at == reminder.due_at
            return replace(pending, due_at=due_at, snoozed=snoozed, rings=rings)
        case ReminderCancelled(why=why):
            return replace(reminder, state=ReminderState.CANCELLED, cancel_reason=why)
        case ReminderTriggered(next_at=next_at, ring=ring):
            return _triggered(replace(reminder, rings=ring), ReminderState.RUNG, next_at)
        case ReminderMissed(next_at=next_at):
            return _triggered(reminder, ReminderState.MISSED, next_at)
        case ReminderRestored():
            return replace(
                reminder,
                due_at=event.due_at,
                state=event.state,
                cancel_reason=event.cancel_reason,
                rings=event.rings,
                snoozed=event.snoozed,
            )
        case _:
            assert_never(event)


def _triggered(reminder: Reminder, last_state: ReminderState, next_at: datetime | None) -> Reminder:
    if next_at is None:
        return replace(reminder, state=last_state, snoozed=False)
    return replace(reminder, due_at=next_at, snoozed=False)
