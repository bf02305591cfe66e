"""The command for a task that recurs, or has reminders, from its first event on."""

from collections.abc import Sequence

from msgspec import UNSET
from msgspec.structs import replace

from application.commands.recurrence import SetRecurrence
from application.commands.tasks import CreateTask, TaskCommand
from application.commands.whole_tasks import CreateWholeTask
from domain.reminders.of_series import SeriesReminder
from domain.reminders.spec import ReminderSpec
from domain.vocabulary import ReminderId, SeriesId, TaskId
from interfaces.http.protocol.execution import account_zone
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.tasks.task_bodies import NewTask


async def creating(request: AnnalsRequest, data: NewTask) -> TaskCommand:
    """Return the command that creates the task, with its recurrence and its reminders.

    Raises:
        Invalid: the recurrence or a reminder cannot be read.
    """
    task_id = TaskId(uuid7())
    creation = CreateTask(task_id=task_id, owner=request.account_id, fields=data)
    if data.recurrence is None and not data.reminders:
        return creation
    timezone = await account_zone(request)
    specs = [each.spec(timezone) for each in data.reminders or ()]
    recurrence = None
    if data.recurrence is not None:
        recurrence = data.recurrence.command(task_id, SeriesId(uuid7()), timezone)
        recurrence, specs = _divided(recurrence, specs)
    reminders = {ReminderId(uuid7()): spec for spec in specs}
    return CreateWholeTask(
        task_id=task_id, creation=creation, recurrence=recurrence, reminders=reminders
    )


def _divided(
    recurrence: SetRecurrence, specs: Sequence[ReminderSpec]
) -> tuple[SetRecurrence, list[ReminderSpec]]:
    """Return the recurrence with the reminders that every occurrence has, and the others.

    A reminder before the task is due belongs to every occurrence, one at a moment to this task.
    """
    texts, rest = [], []
    for spec in specs:
        if spec.before is None or spec.at is not None:  # both are refused with the task
            rest.append(spec)
            continue
        reminder = SeriesReminder(
            before=spec.before,
            every=spec.every,
            at_most=spec.at_most,
            timezone=None if spec.timezone == recurrence.timezone else spec.timezone,
        )
        texts.append(reminder.text)
    if texts:
        given = () if recurrence.reminders is UNSET else recurrence.reminders
        recurrence = replace(recurrence, reminders=tuple(dict.fromkeys((*given, *texts))))
    return recurrence, rest
