"""Changing or skipping one occurrence, be it for those that follow it as well."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import UNSET, UnsetType

from application.command import Context, Decision
from application.commands.recurrence import RecurrenceCommand, Scope, series_of
from domain.aggregate import Aggregate
from domain.errors import TaskDoesNotRecur
from domain.events.recorded import AnyEvent
from domain.series import Series
from domain.task import Task
from domain.values.schedule import TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import Priority, SeriesId


class ChangeOccurrences(RecurrenceCommand):
    """Give this occurrence other words, and those that follow or all that are open as well."""

    series_id: SeriesId
    scope: Scope
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET

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
            raise TaskDoesNotRecur
        own = state.change(
            title=self.title,
            description=self.description,
            priority=self.priority,
            tags=self.tags,
            now=context.now,
        )
        change = series.template.effective(
            TemplateChange(
                title=self.title,
                description=self.description,
                priority=self.priority,
                tags=self.tags,
            )
        )
        earlier = any(at < state.occurrence_ref.occurrence for at in series.tasks)
        if change == TemplateChange() or self.scope is Scope.ALL or not earlier:
            return {self.task_id: own, series.id: series.change_template(change)}
        return self._split(state, series, own, change)

    def _split(
        self, task: Task, series: Series, own: Sequence[AnyEvent], change: TemplateChange
    ) -> Decision:
        if task.occurrence_ref is None or series.id is None or series.owner is None:
            raise TaskDoesNotRecur
        here = SeriesTask(occurrence=task.occurrence_ref.occurrence, task_id=self.task_id)
        later = series.tasks_after(here)
        spent = max(0, series.generated_count - len(later) - 1)
        started = Series.start(
            series.owner,
            series.template.apply(change),
            series.schedule.following(here.occurrence, generated_count=spent),
            here,
            continues=series.id,
            made=later,
        )
        return {
            self.task_id: [*own, *task.change_series(self.series_id)],
            series.id: series.split(here, self.series_id, withdraw=False),
            self.series_id: started,
        }


class SkipOccurrence(RecurrenceCommand):
    """Leave this one out; the next takes its turn."""

    def decide_across(
        self, state: Task, others: Mapping[UUID, Aggregate], context: Context
    ) -> Decision:
        series, here = _of_series(state, others)
        facts = state.skip()
        return {self.task_id: facts, series: Series().skip(here) if facts else ()}


class UnskipOccurrence(RecurrenceCommand):
    """Do not leave this one out after all."""

    def decide_across(
        self, state: Task, others: Mapping[UUID, Aggregate], context: Context
    ) -> Decision:
        series, here = _of_series(state, others)
        facts = state.unskip(context.now)
        return {self.task_id: facts, series: Series().restore(here) if facts else ()}


def _of_series(task: Task, others: Mapping[UUID, Aggregate]) -> tuple[SeriesId, SeriesTask]:
    if task.occurrence_ref is None or task.id is None or series_of(task, others) is None:
        raise TaskDoesNotRecur
    return task.occurrence_ref.series_id, SeriesTask(
        occurrence=task.occurrence_ref.occurrence, task_id=task.id
    )
