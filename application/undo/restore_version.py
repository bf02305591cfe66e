"""Request to make a task as it was at an earlier version."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from application.command import Context, Events
from application.commands.tasks import TaskCommand
from domain.reminders.reminder import Reminder
from domain.task import Task
from domain.undo.effect import changed_names
from domain.undo.task_values import REMINDER, give_task, task_values

RECURRENCE = "recurrence"


class RestoreVersion(TaskCommand):
    """Make the task as it was `then`, with new events.

    Reminders come back whose time has not passed, and those set since are removed. The task stays
    in the series it is in, if any: how that recurs is not a matter of one task.
    """

    then: Task

    def decide(self, state: Task, context: Context) -> Events:
        present, then = task_values(state), task_values(self.then)
        wanted: dict[str, Any] = {}
        for name in changed_names(present, then):
            value = then.get(name, UNSET)
            lost = isinstance(value, Reminder) and (
                not value.pending or value.due_at <= context.now
            )
            if name != RECURRENCE and not lost:
                wanted[name] = value
        return give_task(state, wanted)


def not_restored(now: Task, then: Task) -> Sequence[str]:
    """Return what of an earlier version the task does not have: `recurrence`, `reminders`."""
    names = changed_names(task_values(now), task_values(then))
    return sorted({"reminders" if name.startswith(REMINDER) else name for name in names})
