"""Requests to change or skip an occurrence, alone or with those that follow."""

from application.command import Context, Decision, States
from application.commands.recurrence import RecurrenceCommand, SeriesScope, series_of
from application.commands.series_scope import change_in_scope
from application.commands.tasks import (
    check_new_list,
    day_start_of,
    new_list_of,
    preferences_for_day,
)
from domain.errors import TaskDoesNotRecur
from domain.series import Series
from domain.task import Task
from domain.values.estimate import with_checked_estimate
from domain.values.schedule import TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.values.task_fields import TaskContentChange
from domain.vocabulary import SeriesId


class ChangeOccurrences(RecurrenceCommand):
    """Change fields of this occurrence and of those that follow, or of all that are open."""

    series_id: SeriesId
    scope: SeriesScope
    change: TaskContentChange

    def related_streams(self, state: Task) -> States:
        return {**super().related_streams(state), **new_list_of(state, self.change)}

    def decide(self, state: Task, context: Context) -> Decision:
        check_new_list(state, self.change, context)
        own = state.change_content(self.change)
        change = TemplateChange(**with_checked_estimate(self.change).given())
        series = series_of(state, context)
        return change_in_scope(state, series, own, change, self.scope, self.series_id)


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

    def related_streams(self, state: Task) -> States:
        return {**super().related_streams(state), **preferences_for_day(state)}

    def decide(self, state: Task, context: Context) -> Decision:
        series_id, entry = _series_entry(state, context)
        events = state.unskip(context.now, day_start_of(state.owner, context))
        return Decision(
            events={self.task_id: events, series_id: Series().restore(entry) if events else ()}
        )


def _series_entry(task: Task, context: Context) -> tuple[SeriesId, SeriesTask]:
    if task.occurrence_ref is None or task.id is None or series_of(task, context) is None:
        raise TaskDoesNotRecur
    return task.occurrence_ref.series_id, SeriesTask(
        occurrence=task.occurrence_ref.occurrence, task_id=task.id
    )
