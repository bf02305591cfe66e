"""Requests to change the recurrence of a task: the task and its series change together."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from application.command import Context, Decision, Events, States
from application.commands.tasks import (
    TaskCommand,
    day_start_of,
    default_reminders,
    preferences_of,
)
from domain.errors import (
    OccurrenceIsOver,
    RecurrenceNotFound,
    RuleRefused,
    TaskDoesNotRecur,
    TaskNotFound,
)
from domain.events.reminders import ReminderCancelled
from domain.recurrence.local_time import wall_clock, zone, zone_name
from domain.recurrence.reading import refuse_times_of_day
from domain.recurrence.recurrence import next_after, parse_rule
from domain.recurrence.words.plain import RuleSource, as_meant
from domain.reminders.of_series import carried_on, checked_reminders, series_reminder_of
from domain.series import Series
from domain.task import Task
from domain.values.due import Due
from domain.values.occurrence import OccurrenceRef, occurrence_ref
from domain.values.schedule import (
    Anchor,
    Materialization,
    MissedPolicy,
    Schedule,
    Template,
    TemplateChange,
)
from domain.values.series_tasks import SeriesTask
from domain.values.task_fields import TaskContent, values
from domain.vocabulary import SeriesId, Status


class SeriesScope(StrEnum):
    """Which occurrences a change is meant for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


class RecurrenceCommand(TaskCommand):
    """A request to change a task and the series it belongs to, if any."""

    def related_streams(self, state: Task) -> States:
        return {} if state.occurrence_ref is None else {state.occurrence_ref.series_id: Series()}


class SetRecurrence(RecurrenceCommand):
    """Make a task recur by a rule; the task becomes the first occurrence.

    It moves to the first occurrence of the rule at or after `start`, or after its due date when
    there is no `start`. A wall time starts a series of moments, a day a series of days. A new
    series gets the id `series_id`. If the task belongs to a series already, `following` starts a
    new series with it, `all` changes the rule of its series, and `this` takes it out into a series
    of its own.

    `reminders` replace those that the task has from its series or from preferences; without
    them the series carries on what the task has. `source` says who wrote the rule.
    """

    series_id: SeriesId
    rule: str
    timezone: str
    source: RuleSource = RuleSource.RFC5545
    start: datetime | date | None = None
    excluded: tuple[str, ...] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP
    reminders: tuple[str, ...] | UnsetType = UNSET
    scope: SeriesScope = SeriesScope.FOLLOWING

    def related_streams(self, state: Task) -> States:
        """The rule gives a task without a due date one, and so the reminders of preferences, which
        also say when a day starts."""
        first_due = state.due == Due() and not state.reminders and state.occurrence_ref is None
        preferences = preferences_of(state.owner) if first_due or self._all_day(state) else {}
        return {**super().related_streams(state), **preferences}

    def decide(self, state: Task, context: Context) -> Decision:
        if state.status is Status.SKIPPED:
            raise OccurrenceIsOver
        schedule = self._schedule(state)
        at = next_after(schedule.recurrence, schedule.start - timedelta(seconds=1))
        if at is None:
            raise RuleRefused("exdates", "Every occurrence is excluded.")
        first = SeriesTask(occurrence=at, task_id=self.task_id)
        old = series_of(state, context)
        if old is not None and old.editable and self._recurs_so(state, old, schedule, first):
            return Decision(events={})
        if old is not None and old.editable and self.scope is SeriesScope.ALL:
            return self._change(state, old, schedule, first, context)
        return self._begin(state, old, schedule, first, context)

    def _schedule(self, task: Task) -> Schedule:
        timezone = zone_name(self.timezone)
        start = self._start(task, timezone)
        if self.anchor is Anchor.COMPLETION and self.ahead is Materialization.HORIZON:
            raise RuleRefused("ahead", "What is counted from completion cannot be made ahead.")
        rule = as_meant(self.rule, start, self.source)
        recurrence = parse_rule(rule, start, timezone, self.excluded)
        all_day = self._all_day(task)
        if all_day:
            refuse_times_of_day(recurrence.rule)
        return Schedule(
            rule=rule,
            start=recurrence.start,
            timezone=timezone,
            excluded=recurrence.excluded,
            anchor=self.anchor,
            ahead=self.ahead,
            missed=self.missed,
            all_day=all_day,
        )

    def _all_day(self, task: Task) -> bool:
        if self.start is None:
            return task.due_on is not None
        return not isinstance(self.start, datetime)

    def _start(self, task: Task, timezone: str) -> datetime:
        start = self.start or task.due_on
        if isinstance(start, datetime):
            return start
        if start is not None:
            return datetime.combine(start, time.min)
        if task.due_at is None:
            raise RuleRefused("dtstart", "Give dtstart, or a task that has a due date.")
        return wall_clock(task.due_at, zone(timezone))

    def _recurs_so(self, task: Task, series: Series, schedule: Schedule, first: SeriesTask) -> bool:
        """Whether the task recurs in this way already."""
        reminders = series.template.reminders
        if self.reminders is not UNSET:
            reminders = checked_reminders(self.reminders)
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
        template = template_of(task, old, schedule.timezone)
        if task.owner is not None and task.due == Due() and not template.reminders:
            template = replace(template, reminders=default_reminders(task.owner, context))
        before = template.reminders
        if self.reminders is not UNSET:
            template = template.apply(TemplateChange(reminders=checked_reminders(self.reminders)))
        if task.owner is None:
            raise TaskNotFound(self.task_id)
        ref = occurrence_ref(self.series_id, first.occurrence, schedule)
        events: dict[UUID, Events] = {
            self.task_id: _become_first(task, ref, schedule, template.reminders, before, context)
        }
        continues = None
        if (
            old is not None
            and old.id is not None
            and old.editable
            and task.occurrence_ref is not None
        ):
            at = SeriesTask(occurrence=task.occurrence_ref.occurrence, task_id=self.task_id)
            if self.scope is SeriesScope.THIS:
                events[old.id] = old.skip(at)
            else:
                events[old.id] = old.split(at, self.series_id, withdraw=True)
                continues = old.id
        events[self.series_id] = Series.start(
            task.owner, template, schedule, first, continues=continues
        )
        return Decision(events=events)

    def _change(
        self, task: Task, old: Series, schedule: Schedule, first: SeriesTask, context: Context
    ) -> Decision:
        if old.id is None:
            raise TaskDoesNotRecur
        change = TemplateChange()
        if self.reminders is not UNSET:
            change = TemplateChange(reminders=checked_reminders(self.reminders))
        ref = occurrence_ref(old.id, first.occurrence, schedule)
        before = old.template.reminders
        wanted = old.template.apply(change).reminders
        return Decision(
            events={
                self.task_id: _become_first(task, ref, schedule, wanted, before, context),
                old.id: old.change_schedule(schedule, change, first),
            }
        )


class EndRecurrence(RecurrenceCommand):
    """End the series with this occurrence, which becomes a task that does not recur."""

    def decide(self, state: Task, context: Context) -> Decision:
        series = series_of(state, context)
        if (
            series is None
            or series.id is None
            or state.occurrence_ref is None
            or not series.editable
        ):
            raise RecurrenceNotFound(self.task_id)
        last = SeriesTask(occurrence=state.occurrence_ref.occurrence, task_id=self.task_id)
        return Decision(
            events={
                self.task_id: state.leave_series() if state.status is Status.OPEN else (),
                series.id: series.end(last),
            }
        )


def series_of(task: Task, context: Context) -> Series | None:
    """Return the series that a task belongs to; None when it does not recur."""
    found = context.related.get(task.occurrence_ref.series_id) if task.occurrence_ref else None
    return found if isinstance(found, Series) else None


def template_of(task: Task, series: Series | None, timezone: str) -> Template:
    """Return the template by which later occurrences look like this task."""
    reminders = series.template.reminders if series else ()
    return Template(
        **values(task, TaskContent), reminders=reminders or carried_on(task.reminders, timezone)
    )


def _become_first(
    task: Task,
    ref: OccurrenceRef,
    schedule: Schedule,
    wanted: Sequence[str],
    before: Sequence[str],
    context: Context,
) -> Events:
    """Return the events by which the task becomes the first occurrence, with its reminders.

    Reminders that a person set for this task alone stay; those it got from preferences or from
    a series make way for the `wanted`.
    """
    given = [
        known.text
        for each in task.reminders.values()
        if (known := series_reminder_of(each, schedule.timezone))
        and task.id is not None
        and each.id == known.of_task(task.id)
    ]
    reminders = task.follow_series_reminders(
        wanted,
        [*before, *given],
        schedule.timezone,
        context.now,
        due=ref.due,
        day_start=day_start_of(task.owner, context),
    )
    # A reminder that goes does not follow the new due date as well.
    gone = {each.reminder_id for each in reminders if isinstance(each, ReminderCancelled)}
    moved = [
        each
        for each in task.become_occurrence(ref, context.now, day_start_of(task.owner, context))
        if getattr(each, "reminder_id", None) not in gone
    ]
    return [*moved, *reminders]
