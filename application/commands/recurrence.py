"""Requests about the recurrence of a task: the task and its series change together."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, UnsetType

from application.command import Context, Decision
from application.commands.tasks import TaskCommand
from domain.aggregate import Aggregate
from domain.errors import (
    OccurrenceIsOver,
    RecurrenceNotFound,
    RuleRefused,
    TaskDoesNotRecur,
    TaskNotFound,
)
from domain.events.recorded import AnyEvent
from domain.recurrence.duration import duration
from domain.recurrence.local_time import wall_clock, zone
from domain.recurrence.recurrence import next_after, parse_rule
from domain.series import Series
from domain.task import Task
from domain.values.occurrence import occurrence_ref
from domain.values.schedule import (
    Anchor,
    Materialization,
    MissedPolicy,
    Schedule,
    Template,
    TemplateChange,
)
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import SeriesId, Status


class Scope(StrEnum):
    """Which occurrences a change is meant for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


class RecurrenceCommand(TaskCommand):
    """A request about a task and the series it is one of, if it is."""

    def related_streams(self, state: Task) -> Mapping[UUID, Aggregate]:
        return {} if state.occurrence_ref is None else {state.occurrence_ref.series_id: Series()}


class SetRecurrence(RecurrenceCommand):
    """Let a task come round again by a rule, as the first of its occurrences.

    It moves to the first time, from `start` on (a wall time), that the rule has; without a
    `start`, from when it is due. A series that begins is called `series_id`. One of a series
    already: `following` begins a new series with this one, `all` changes the rule of the
    series it is of, `this` leaves it for a series of its own.
    """

    series_id: SeriesId
    rule: str
    timezone: str
    start: datetime | None = None
    excluded: tuple[str, ...] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP
    reminders: tuple[str, ...] | UnsetType = UNSET
    scope: Scope = Scope.FOLLOWING

    def decide_across(
        self, state: Task, others: Mapping[UUID, Aggregate], context: Context
    ) -> Decision:
        if state.status is Status.SKIPPED:
            raise OccurrenceIsOver
        schedule = self._schedule(state)
        at = next_after(schedule.recurrence, schedule.start - timedelta(seconds=1))
        if at is None:
            raise RuleRefused("exdates", "Every occurrence is excluded.")
        first = SeriesTask(occurrence=at, task_id=self.task_id)
        old = series_of(state, others)
        if old is not None and old.editable and self._is_so(state, old, schedule, first):
            return {}
        if old is not None and old.editable and self.scope is Scope.ALL:
            return self._change(state, old, schedule, first, context)
        return self._begin(state, old, schedule, first, context)

    def _schedule(self, task: Task) -> Schedule:
        start = self.start
        if start is None and task.due_at is not None:
            start = wall_clock(task.due_at, zone(self.timezone))
        if start is None:
            raise RuleRefused("dtstart", "Give dtstart, or a task that is due at some time.")
        if self.anchor is Anchor.COMPLETION and self.ahead is Materialization.HORIZON:
            raise RuleRefused("ahead", "What is counted from completion cannot be made ahead.")
        recurrence = parse_rule(self.rule, start, self.timezone, self.excluded)
        return Schedule(
            rule=self.rule,
            start=recurrence.start,
            timezone=self.timezone,
            excluded=recurrence.excluded,
            anchor=self.anchor,
            ahead=self.ahead,
            missed=self.missed,
        )

    def _is_so(self, task: Task, series: Series, schedule: Schedule, first: SeriesTask) -> bool:
        """Whether all this was asked before: to ask it again then changes nothing."""
        reminders = series.template.reminders if self.reminders is UNSET else self.reminders
        return (
            schedule == series.schedule
            and task.occurrence == first.occurrence
            and reminders == series.template.reminders
        )

    def _begin(
        self,
        task: Task,
        old: Series | None,
        schedule: Schedule,
        first: SeriesTask,
        context: Context,
    ) -> Decision:
        template = template_of(task, old)
        if self.reminders is not UNSET:
            template = template.apply(TemplateChange(reminders=_readable(self.reminders)))
        if task.owner is None:
            raise TaskNotFound(self.task_id)
        decision: dict[UUID, Sequence[AnyEvent]] = {
            self.task_id: task.become_occurrence(
                occurrence_ref(self.series_id, first.occurrence, schedule.timezone), context.now
            )
        }
        goes_on = None
        if (
            old is not None
            and old.id is not None
            and old.editable
            and task.occurrence_ref is not None
        ):
            at = SeriesTask(occurrence=task.occurrence_ref.occurrence, task_id=self.task_id)
            if self.scope is Scope.THIS:
                decision[old.id] = old.skip(at)
            else:
                decision[old.id] = old.split(at, self.series_id, withdraw=True)
                goes_on = old.id
        decision[self.series_id] = Series.start(
            task.owner, template, schedule, first, continues=goes_on
        )
        return decision

    def _change(
        self, task: Task, old: Series, schedule: Schedule, first: SeriesTask, context: Context
    ) -> Decision:
        if old.id is None:
            raise TaskDoesNotRecur
        change = TemplateChange()
        if self.reminders is not UNSET:
            change = TemplateChange(reminders=_readable(self.reminders))
        here = occurrence_ref(old.id, first.occurrence, schedule.timezone)
        return {
            self.task_id: task.become_occurrence(here, context.now),
            old.id: old.change_schedule(schedule, change, first),
        }


class EndRecurrence(RecurrenceCommand):
    """Let nothing come after this occurrence, which stays as a task like any other."""

    def decide_across(
        self, state: Task, others: Mapping[UUID, Aggregate], context: Context
    ) -> Decision:
        series = series_of(state, others)
        if (
            series is None
            or series.id is None
            or state.occurrence_ref is None
            or not series.editable
        ):
            raise RecurrenceNotFound(self.task_id)
        here = SeriesTask(occurrence=state.occurrence_ref.occurrence, task_id=self.task_id)
        return {
            self.task_id: state.leave_series() if state.status is Status.OPEN else (),
            series.id: series.end(here),
        }


def series_of(task: Task, others: Mapping[UUID, Aggregate]) -> Series | None:
    """Return the series a task is one of."""
    found = others.get(task.occurrence_ref.series_id) if task.occurrence_ref else None
    return found if isinstance(found, Series) else None


def template_of(task: Task, series: Series | None) -> Template:
    """Return a template by which others become like this task."""
    reminders: tuple[str, ...] = series.template.reminders if series else ()
    if not reminders:
        pending = (each.before for each in task.reminders.values() if each.pending)
        reminders = tuple(dict.fromkeys(before for before in pending if before))
    return Template(
        title=task.title,
        description=task.description,
        priority=task.priority,
        tags=task.tags,
        reminders=reminders,
    )


def _readable(reminders: tuple[str, ...]) -> tuple[str, ...]:
    for before in reminders:
        duration("reminders", before)
    return reminders
