"""Requests to change or skip an occurrence, alone or with those that follow."""

from application.command import Context, Decision, Events
from application.commands.recurrence import RecurrenceCommand, Scope, series_of
from domain.errors import TaskDoesNotRecur
from domain.series import Series
from domain.task import Task
from domain.values.schedule import TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.values.task_fields import TaskContentChange
from domain.vocabulary import SeriesId


class ChangeOccurrences(RecurrenceCommand):
    """Change fields of this occurrence and of those that follow, or of all that are open."""

    series_id: SeriesId
    scope: Scope
    change: TaskContentChange

    def decide(self, state: Task, context: Context) -> Decision:
        series = series_of(state, context)
        if (
            series is None
            or series.id is None
            or state.occurrence_ref is None
            or not series.editable
        ):
            raise TaskDoesNotRecur
        own = state.change_content(self.change)
        change = series.template.effective(TemplateChange(**self.change.given()))
        earlier = any(at < state.occurrence_ref.occurrence for at in series.tasks)
        if change == TemplateChange() or self.scope is Scope.ALL or not earlier:
            return Decision(events={self.task_id: own, series.id: series.change_template(change)})
        return self._split(state, series, own, change)

    def _split(self, task: Task, series: Series, own: Events, change: TemplateChange) -> Decision:
        if task.occurrence_ref is None or series.id is None or series.owner is None:
            raise TaskDoesNotRecur
        first = SeriesTask(occurrence=task.occurrence_ref.occurrence, task_id=self.task_id)
        later = series.tasks_after(first)
        earlier_count = max(0, series.generated_count - len(later) - 1)
        started = Series.start(
            series.owner,
            series.template.apply(change),
            series.schedule.following(first.occurrence, generated_count=earlier_count),
            first,
            continues=series.id,
            made=later,
        )
        return Decision(
            events={
                self.task_id: [*own, *task.change_series(self.series_id)],
                series.id: series.split(first, self.series_id, withdraw=False),
                self.series_id: started,
            }
        )


class SkipOccurrence(RecurrenceCommand):
    """Skip this occurrence; the series goes on with the next."""

    def decide(self, state: Task, context: Context) -> Decision:
        series_id, entry = _series_entry(state, context)
        events = state.skip()
        return Decision(
            events={self.task_id: events, series_id: Series().skip(entry) if events else ()}
        )


class UnskipOccurrence(RecurrenceCommand):
    """Undo skipping this occurrence."""

    def decide(self, state: Task, context: Context) -> Decision:
        series_id, entry = _series_entry(state, context)
        events = state.unskip(context.now)
        return Decision(
            events={self.task_id: events, series_id: Series().restore(entry) if events else ()}
        )


def _series_entry(task: Task, context: Context) -> tuple[SeriesId, SeriesTask]:
    if task.occurrence_ref is None or task.id is None or series_of(task, context) is None:
        raise TaskDoesNotRecur
    return task.occurrence_ref.series_id, SeriesTask(
        occurrence=task.occurrence_ref.occurrence, task_id=task.id
    )
