"""Requests to create a task together with its recurrence and its reminders: all or nothing."""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace

from application.command import Context, Decision, Events, States
from application.commands.recurrence import SetRecurrence
from application.commands.tasks import CreateTask, TaskCommand, check_list, day_start_of
from application.recording import number_events
from application.state_cache import CachedState
from domain.aggregate import fold
from domain.events.reminders import ReminderSet
from domain.reminders.evolution import evolve_reminders
from domain.reminders.spec import ReminderSpec
from domain.task import Task
from domain.vocabulary import ReminderId


class CreateWholeTask(TaskCommand):
    """Create a task that recurs, or has reminders, from its first event on.

    `recurrence` is of this task, with the reminders that every occurrence has. `reminders`, by
    their ids, are of this task alone. They replace those of the owner's preferences.
    """

    starts_stream: ClassVar[bool] = True
    related_may_be_cached: ClassVar[bool] = True

    creation: CreateTask
    recurrence: SetRecurrence | None = None
    reminders: Mapping[ReminderId, ReminderSpec] = {}

    def authorize(self, state: Task, context: Context) -> None:
        """Anyone may create a task of their own."""

    def related_streams(self, state: Task) -> States:
        return self.creation.related_streams(state)

    def decide(self, state: Task, context: Context) -> Decision:
        created = self._create(state, context)
        task = self._after(state, created, context)
        if self.recurrence is None:
            return Decision(events={self.task_id: [*created, *self._remind(task, context)]})
        recurring = self.recurrence.decide(task, context)
        own = [*created, *recurring.events.get(self.task_id, ())]
        own += self._remind(self._after(state, own, context), context)
        events: dict[UUID, Events] = {**recurring.events, self.task_id: own}
        return replace(recurring, events=events)

    def _create(self, task: Task, context: Context) -> Events:
        if self.reminders or (self.recurrence is not None and self.recurrence.reminders):
            check_list(self.creation.owner, self.creation.fields.list_id, context)
            return Task.create(self.creation.owner, self.creation.fields)
        return self.creation.decide(task, context)

    def _after(self, task: Task, events: Events, context: Context) -> Task:
        before: dict[UUID, CachedState[Task]] = {self.task_id: CachedState(state=task)}
        return fold(task, number_events(Decision(events={self.task_id: events}), before, context))

    def _remind(self, task: Task, context: Context) -> list[ReminderSet]:
        day_start = day_start_of(task.owner, context)
        events: list[ReminderSet] = []
        for reminder_id, spec in self.reminders.items():
            events.append(task.remind(reminder_id, spec, context.now, day_start))
            task = replace(task, reminders=evolve_reminders(task.reminders, events[-1]))
        return events
