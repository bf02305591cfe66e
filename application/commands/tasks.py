"""Requests to change a task."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events, Stream
from application.policy import may_access
from domain.errors import TaskNotFound
from domain.task import Task
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import AccountId, TaskId


class TaskStream(Stream[Task]):
    """The stream of one task."""

    task_id: TaskId

    @property
    def stream_id(self) -> UUID:
        return self.task_id

    def initial(self) -> Task:
        return Task()

    def authorize(self, state: Task, context: Context) -> None:
        # A task of somebody else is answered like one that does not exist.
        if not may_access(state.owner, context):
            raise TaskNotFound(self.task_id)


class TaskCommand(TaskStream, Command[Task]):
    """A request to change one task."""


class CreateTask(TaskCommand):
    starts_stream: ClassVar[bool] = True

    owner: AccountId
    fields: TaskFields

    def authorize(self, state: Task, context: Context) -> None:
        """Anyone may create a task of their own."""

    def decide(self, state: Task, context: Context) -> Events:
        return Task.create(self.owner, self.fields)


class ChangeTask(TaskCommand):
    change: TaskFieldsChange

    def decide(self, state: Task, context: Context) -> Events:
        return state.change(self.change, context.now)


class TagTask(TaskCommand):
    commutes: ClassVar[bool] = True

    tags: tuple[str, ...]

    def decide(self, state: Task, context: Context) -> Events:
        return state.tag(self.tags)


class UntagTask(TaskCommand):
    commutes: ClassVar[bool] = True

    tag: str

    def decide(self, state: Task, context: Context) -> Events:
        return state.untag(self.tag)


class CompleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.complete()


class ReopenTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.reopen(context.now)


class DeleteTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.delete()


class RestoreTask(TaskCommand):
    def decide(self, state: Task, context: Context) -> Events:
        return state.restore(context.now)
