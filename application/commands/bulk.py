"""A request to change one task in several ways at once, as a bulk change does with each task."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from application.command import Context, Decision, Events, States
from application.commands.tasks import (
    TaskCommand,
    day_start_of,
    preferences_of,
)
from application.recording import number_events
from application.state_cache import CachedState
from domain.aggregate import fold
from domain.errors import DurationRefused
from domain.recurrence.duration import Duration, duration
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.task import Task
from domain.values.task_fields import TaskFieldsChange
from domain.vocabulary import day_in_range


class ShiftDue(TaskCommand):
    """Move the due date by a duration, a negative one (-P1D) to earlier; a task without a due date
    stays as it is. Days count in the time zone of the owner; a day moves by whole days."""

    by: str

    def related_streams(self, state: Task) -> States:
        return preferences_of(state.owner)

    def decide(self, state: Task, context: Context) -> Events:
        length, times = self._length()
        day_start = day_start_of(state.owner, context)
        change = TaskFieldsChange()
        if state.due_on is not None:
            if length.seconds:
                raise DurationRefused("shift_due", "A day moves by whole days, such as P1D.")
            change = TaskFieldsChange(due_on=state.due_on + timedelta(days=length.days * times))
        elif state.due_at is not None:
            moved = length.later(state.due_at, zone(day_start.timezone), times=times)
            change = TaskFieldsChange(due_at=moved)
        return state.change(change, context.now, day_start)

    def _length(self) -> tuple[Duration, int]:
        negative = self.by.startswith("-")
        return duration("shift_due", self.by.removeprefix("-")), -1 if negative else 1


class MoveDue(TaskCommand):
    """Move the due date to a day. A time of day stays, in the time zone of the owner; a task that
    has none is due on the day."""

    to: date

    def related_streams(self, state: Task) -> States:
        return preferences_of(state.owner)

    def decide(self, state: Task, context: Context) -> Events:
        day_start = day_start_of(state.owner, context)
        day = day_in_range("move_due", self.to)
        change = TaskFieldsChange(due_on=day)
        if state.due_at is not None:
            where = zone(day_start.timezone)
            time = wall_clock(state.due_at, where).time()
            change = TaskFieldsChange(due_at=resolve(datetime.combine(day, time), where))
        return state.change(change, context.now, day_start)


class ChangeInSteps(TaskCommand):
    """Carry out several commands for one task, each on the state after the one before: all of
    them or none. Each changes the task alone."""

    steps: Sequence[TaskCommand]

    def related_streams(self, state: Task) -> States:
        streams: dict[UUID, Any] = {**preferences_of(state.owner)}
        for step in self.steps:
            streams |= step.related_streams(state)
        return streams

    def decide(self, state: Task, context: Context) -> Events:
        all_events: list[Any] = []
        for step in self.steps:
            events = step.decision(state, context).events
            all_events += events[self.task_id]
            state = _after(state, events, context)
        return all_events


def _after(task: Task, events: Mapping[UUID, Events], context: Context) -> Task:
    before = {stream: CachedState(state=task) for stream in events}
    return fold(task, number_events(Decision(events=events), before, context))
