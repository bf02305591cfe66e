"""Answers what a change of a recurring task would do, without recording anything."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

from litestar.params import QueryParameter

from application.command import Command
from application.undo.outlook import Outlook, OutlookChange, outlook, outlook_change
from application.undo.preview import preview
from domain.errors import VersionMismatch
from domain.preferences import Preferences
from domain.record import Record
from domain.series import Series
from domain.task import Task
from domain.values.due import Due
from domain.values.streams import preferences_stream
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import context, expected_version, read
from interfaces.http.protocol.request import AnnalsRequest

DryRun: TypeAlias = Annotated[
    bool,
    QueryParameter(
        name="dry_run",
        description="Record nothing; say which occurrences and reminders vanish, move, appear",
    ),
]


class OccurrenceDue(Record):
    """When an occurrence is due: a moment, or a day."""

    due_at: datetime | None
    due_on: date | None


class MovedOccurrence(Record):
    """When an occurrence was due, and when it would be due."""

    before: OccurrenceDue
    after: OccurrenceDue


class ReminderChanges(Record):
    """When reminders would no longer be sent, and when they would be sent in addition."""

    vanish: Sequence[datetime]
    appear: Sequence[datetime]


class DryRunBody(Record):
    """What a change would do to the occurrences and reminders of the next year, of 50 occurrences
    at most. Nothing was recorded. `records` counts the events that the change would record at
    once, by type; what follows from them is not counted."""

    vanish: Sequence[OccurrenceDue]
    move: Sequence[MovedOccurrence]
    appear: Sequence[OccurrenceDue]
    reminders: ReminderChanges
    records: dict[str, int]


async def dry_run(request: AnnalsRequest, command: Command[Task]) -> Answer[Any]:
    """Answer what a command of one task would do. An Idempotency-Key is not used.

    Raises:
        DomainError: the command would be refused.
        VersionMismatch: the task has another version than If-Match requires.
    """
    await request.body()
    asking, load = context(request), request.parts.commands.current_state
    task = (await read(request, command)).state
    expected = expected_version(request)
    if expected not in {None, task.version}:
        raise VersionMismatch(expected or 0, task.version)
    found = await preview(command, asking, task, load)
    streams = {each.originator_id for each in found.events}
    preferences = await load(Preferences(), preferences_stream(request.account_id))
    day_start = preferences.day_start

    async def ahead(task: Task, *, changed: bool) -> Outlook:
        if task.series_id is None:
            return outlook(task, None, day_start, asking.now)
        series: Series = await load(Series(), task.series_id)
        if changed and task.series_id in streams:
            series = found.after(task.series_id, Series())
        return outlook(task, series, day_start, asking.now)

    after = found.after(command.stream_id, Task())
    change = outlook_change(await ahead(task, changed=False), await ahead(after, changed=True))
    return Answer(_body(change, [type(each.event) for each in found.events]))


def _body(change: OutlookChange, events: Sequence[type[Any]]) -> DryRunBody:
    tags = [str(event.__struct_config__.tag) for event in events]
    return DryRunBody(
        vanish=[_due(each) for each in change.vanish],
        move=[
            MovedOccurrence(before=_due(each.before), after=_due(each.after))
            for each in change.move
        ],
        appear=[_due(each) for each in change.appear],
        reminders=ReminderChanges(vanish=change.reminders_vanish, appear=change.reminders_appear),
        records={tag: tags.count(tag) for tag in dict.fromkeys(tags)},
    )


def _due(due: Due) -> OccurrenceDue:
    return OccurrenceDue(due_at=due.due_at, due_on=due.due_on)
