"""Changes of the template of a series, for an occurrence and those that follow, or for all."""

from application.command import Decision, Events
from application.commands.recurrence import SeriesScope
from domain.errors import TaskDoesNotRecur
from domain.series import Series
from domain.task import Task
from domain.values.schedule import TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import SeriesId


def change_in_scope(
    task: Task,
    series: Series | None,
    own: Events,
    change: TemplateChange,
    scope: SeriesScope,
    new_series: SeriesId,
) -> Decision:
    """Return the decision that changes the template of later occurrences, beside the task's `own`
    events. If earlier occurrences keep the old template, the series is split at this task, and
    `new_series` continues it.

    Raises:
        TaskDoesNotRecur: there is no series that can be changed.
    """
    ref = task.occurrence_ref
    if series is None or series.id is None or not series.editable or ref is None or task.id is None:
        raise TaskDoesNotRecur
    new = series.template.effective(change)
    earlier = any(at < ref.occurrence for at in series.tasks)
    if new == TemplateChange() or scope is SeriesScope.ALL or not earlier:
        return Decision(events={task.id: own, series.id: series.change_template(new)})
    if series.owner is None:
        raise TaskDoesNotRecur
    first = SeriesTask(occurrence=ref.occurrence, task_id=task.id)
    later = series.tasks_after(first)
    earlier_count = max(0, series.generated_count - len(later) - 1)
    started = Series.start(
        series.owner,
        series.template.apply(new),
        series.schedule.following(first.occurrence, generated_count=earlier_count),
        first,
        continues=series.id,
        made=later,
    )
    return Decision(
        events={
            task.id: [*own, *task.change_series(new_series)],
            series.id: series.split(first, new_series, withdraw=False),
            new_series: started,
        }
    )
