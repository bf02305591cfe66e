"""Requests to change a task."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from application.command import Command, Context
from domain.errors import TaskNotFound
from domain.events.recorded import AnyEvent
from domain.task import Task
from domain.vocabulary import AccountId, Priority, TaskId


class TaskCommand(Command[Task]):
    """A request to change one task."""

    task_id: TaskId

    @property
    def stream_id(self) -> UUID:
        return self.task_id

    def initial(self) -> Task:
        return Task()

    def authorize(self, state: Task, context: Context) -> None:
        # Someone else's task is answered like one that does not exist.
        if state.owner is None or not (context.is_system or str(state.owner) == context.actor):
            raise TaskNotFound(self.task_id)


class CreateTask(TaskCommand):
    owner: AccountId
    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()
    due_at: datetime | None = None

    @property
    def starts_stream(self) -> bool:
        return True

    def authorize(self, state: Task, context: Context) -> None:
        """Anyone may create a task of their own."""

    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return Task.create(
            self.owner,
            self.title,
            description=self.description,
            priority=self.priority,
            tags=self.tags,
            due_at=self.due_at,
        )


class ChangeTask(TaskCommand):
    """Give what is set a new value; leave what is UNSET as it is."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    due_at: datetime | UnsetType | None = UNSET

    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.change(
            title=self.title,
            description=self.description,
            priority=self.priority,
            tags=self.tags,
            due_at=self.due_at,
            now=context.now,
        )


class TagTask(TaskCommand):
    tags: tuple[str, ...]

    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.tag(self.tags)


class UntagTask(TaskCommand):
    tag: str

    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.untag(self.tag)


class CompleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.complete()


class ReopenTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.reopen(context.now)


class DeleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.delete()


class RestoreTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Sequence[AnyEvent]:
        return state.restore(context.now)
