"""A series on a clock of the test's own: commands, and the reaction that takes it forward."""

from datetime import datetime
from typing import Any

from application.command import Command
from application.command_handler import CommandHandler, Receipt
from application.commands.recurrence import SetRecurrence
from application.commands.tasks import CompleteTask, CreateTask
from application.reactions.reaction import context_for
from application.reactions.recurrence_reaction import ContinueRecurrence
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.recorded import Recorded
from domain.series import Series
from domain.task import Task
from domain.values.task_fields import TaskFields
from domain.vocabulary import SeriesId, TaskId
from tests.golden.series_samples import SERIES
from tests.support.facts import ADA, TASK, context
from tests.support.memory import MemoryEventStore


class SeriesScenario:
    """What happens between people and one series, told step by step."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.store = MemoryEventStore()
        self.handler = CommandHandler(self.store)
        self.reaction = ContinueRecurrence()
        self.position = 0

    async def ask(self, command: Command[Any], *, by: str = str(ADA)) -> Receipt[Any]:
        return await self.handler.handle(command, context(actor=by, now=self.now))

    async def begin(self, rule: str, *, due_at: datetime, **wish: Any) -> None:
        """Make a task that recurs by this rule, in the zone Europe/Berlin unless said otherwise."""
        await self.ask(
            CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water", due_at=due_at))
        )
        wish = {"timezone": "Europe/Berlin"} | wish
        await self.ask(SetRecurrence(task_id=TASK, series_id=SERIES, rule=rule, **wish))

    async def react(self, now: datetime | None = None) -> None:
        """Let the reaction see all that happened, and all that follows from it, at this moment."""
        self.now = now or self.now
        while self.position < len(self.store.log):
            await self.see(self.store.log[self.position])
            self.position += 1

    async def see(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, self.reaction.listens_to):
            for command in await self.reaction.commands(recorded, self.handler.current_state):
                await self.handler.handle(
                    command, context_for(recorded, self.reaction, now=self.now)
                )

    async def complete(self, task: TaskId, at: datetime | None = None) -> None:
        self.now = at or self.now
        await self.ask(CompleteTask(task_id=task))

    def made(self) -> list[datetime]:
        """The wall times of the tasks that were generated, in the order of the log."""
        return [
            past.event.occurrence
            for past in self.store.log
            if isinstance(past.event, TaskOccurrenceGenerated)
        ]

    def happened(self, kind: type[Any]) -> list[Any]:
        return [past.event for past in self.store.log if isinstance(past.event, kind)]

    async def series(self, series: SeriesId = SERIES) -> Series:
        return await self.handler.current_state(Series(), series)

    async def task(self, task: TaskId = TASK) -> Task:
        return await self.handler.current_state(Task(), task)
