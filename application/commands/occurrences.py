"""What a change of a series asks of the tasks it has made."""

from collections.abc import Sequence

from application.command import Context
from application.commands.tasks import TaskCommand
from domain.events.recorded import AnyEvent
from domain.task import Task
from domain.values.occurrence import occurrence_ref
from domain.values.schedule import TemplateChange
from domain.vocabulary import SeriesId, Status


class OccurrenceCommand(TaskCommand):
    """Concerns a task only while it is open and one of this series."""

    series_id: SeriesId

    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        if state.status is not Status.OPEN or state.occurrence_ref is None:
            return []
        return (
            self.decide_open(state, context)
            if state.occurrence_ref.series_id == self.series_id
            else []
        )

    def decide_open(self, task: Task, context: Context) -> Sequence[AnyEvent]:
        raise NotImplementedError


class WithdrawOccurrence(OccurrenceCommand):
    """Its series no longer has it."""

    def decide_open(self, task: Task, context: Context) -> Sequence[AnyEvent]:
        return task.delete()


class BringBackOccurrence(TaskCommand):
    """Its series has it again."""

    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.restore(context.now)


class FollowTemplate(OccurrenceCommand):
    """Change as the template did; go over to the series that follows, if there is one."""

    change: TemplateChange
    following: SeriesId | None = None

    def decide_open(self, task: Task, context: Context) -> Sequence[AnyEvent]:
        own = task.change(
            title=self.change.title,
            description=self.change.description,
            priority=self.change.priority,
            tags=self.change.tags,
            now=context.now,
        )
        return [*own, *(task.change_series(self.following) if self.following else ())]


class RetimeOccurrence(OccurrenceCommand):
    """Be due when its wall time is, by the zones of today."""

    timezone: str

    def decide_open(self, task: Task, context: Context) -> Sequence[AnyEvent]:
        if task.occurrence_ref is None:
            return []
        here = occurrence_ref(self.series_id, task.occurrence_ref.occurrence, self.timezone)
        return task.retime(here, context.now)
