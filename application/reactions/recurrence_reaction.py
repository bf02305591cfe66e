"""The commands that follow when an occurrence is done, or its series changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from application.command import Command
from application.commands.occurrences import BringBackOccurrence, FollowTemplate, WithdrawOccurrence
from application.commands.series import AdvanceSeries, TopUpSeries
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesSplit,
    SeriesStarted,
)
from domain.events.tasks import TaskCompleted, TaskDeleted
from domain.series import Series
from domain.task import Task
from domain.values.schedule import TemplateChange
from domain.vocabulary import SeriesId, Status, TaskId


class ContinueRecurrence:
    """Generates the next occurrences, and applies changes of a series to its tasks."""

    name: ClassVar[str] = "recurrence"
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        TaskCompleted,
        TaskDeleted,
        SeriesOccurrenceSkipped,
        SeriesStarted,
        SeriesChanged,
        SeriesSplit,
        SeriesEnded,
        SeriesOccurrencesMade,
    )

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event, stream = recorded.event, recorded.originator_id
        series = SeriesId(stream)
        match event:
            case TaskCompleted() | TaskDeleted():
                return await _advance(stream, recorded.recorded_at, current_state)
            case SeriesOccurrenceSkipped(task_id=task):
                if _is_open(await current_state(Task(), task), series):
                    return []  # it is no longer skipped
                return [AdvanceSeries(series_id=series, task_id=task, done_at=recorded.recorded_at)]
            case SeriesStarted():
                return [
                    *await _take_over(series, event, current_state),
                    *await _begin(series, event, recorded.recorded_at, current_state),
                    TopUpSeries(series_id=series),
                ]
            case SeriesChanged():
                return [
                    *_withdraw(series, event.withdrawn),
                    *await _follow(series, event, current_state),
                    TopUpSeries(series_id=series),
                ]
            case SeriesSplit(withdrawn=withdrawn) | SeriesEnded(withdrawn=withdrawn):
                return _withdraw(series, withdrawn)
            case SeriesOccurrencesMade(kept=kept, behind=behind):
                return [
                    *(BringBackOccurrence(task_id=entry.task_id) for entry in kept),
                    *([TopUpSeries(series_id=series)] if behind else ()),
                ]
        return []


async def _advance(
    task_id: UUID, done_at: datetime, current_state: LoadState
) -> Sequence[Command[Any]]:
    task = await current_state(Task(), task_id)
    if task.occurrence_ref is None or task.status is Status.OPEN:
        return []  # it does not recur, or was reopened or restored since
    return [
        AdvanceSeries(
            series_id=task.occurrence_ref.series_id, task_id=TaskId(task_id), done_at=done_at
        )
    ]


def _is_open(task: Task, series: SeriesId) -> bool:
    """Whether the task is an open occurrence of the series."""
    ref = task.occurrence_ref
    return task.status is Status.OPEN and ref is not None and ref.series_id == series


async def _begin(
    series: SeriesId, started: SeriesStarted, started_at: datetime, current_state: LoadState
) -> Sequence[Command[Any]]:
    """Generate the next occurrence at once if the first was done before it began to recur.

    What follows from a later completion is part of that change, not of the start.
    """
    first = started.first.task_id
    done_at = (await current_state(Task(), first)).completed_at
    if done_at is None or done_at > started_at:
        return []
    return [AdvanceSeries(series_id=series, task_id=first, done_at=done_at)]


async def _take_over(
    series: SeriesId, started: SeriesStarted, current_state: LoadState
) -> Sequence[Command[Any]]:
    """Move the later tasks of the series before to this one, with its template."""
    if started.continues is None or not started.made:
        return []
    before = await current_state(Series(), started.continues)
    change = before.template.diff_to(started.template)
    kept = started.template.reminders
    return [
        FollowTemplate(
            task_id=entry.task_id,
            series_id=started.continues,
            change=change,
            timezone=started.schedule.timezone,
            dropped_reminders=tuple(each for each in before.template.reminders if each not in kept),
            following=series,
        )
        for entry in started.made
    ]


async def _follow(
    series: SeriesId, changed: SeriesChanged, current_state: LoadState
) -> Sequence[Command[Any]]:
    if not isinstance(changed.template, TemplateChange):
        return []
    state = await current_state(Series(), series)
    return [
        FollowTemplate(
            task_id=task,
            series_id=series,
            change=changed.template,
            timezone=state.schedule.timezone,
            dropped_reminders=changed.dropped_reminders,
        )
        for task in state.tasks.values()
    ]


def _withdraw(series: SeriesId, tasks: Sequence[TaskId]) -> Sequence[Command[Any]]:
    return [WithdrawOccurrence(task_id=task, series_id=series) for task in tasks]
