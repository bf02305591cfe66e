"""Finds the trace in which a reminder was set, so that its dispatch is a part of that trace."""

from application.ports.event_store import EventStore
from domain.events.reminders import ReminderSet, ReminderSnoozed
from projections.views.reminders.due_reminders import DueReminder


async def reminder_origin(store: EventStore, reminder: DueReminder) -> str | None:
    """Return the traceparent of the request that set the reminder or last snoozed it."""
    traces = [
        past.traceparent
        for past in await store.load(reminder.task_id)
        if isinstance(past.event, ReminderSet | ReminderSnoozed)
        and past.event.reminder_id == reminder.id
    ]
    return traces[-1] if traces else None
