"""Requests to change a list, and to carry on its tasks when it is deleted."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Decision, Events, States, Stream
from application.commands.series import SeriesStream
from application.commands.tasks import TaskCommand
from application.policy import may_access
from domain.errors import Invalid
from domain.events.tasks import TaskMoved
from domain.series import Series
from domain.task import Task
from domain.task_list import ListNotFound, TaskList
from domain.values.schedule import TemplateChange
from domain.vocabulary import AccountId, ListId, ListTasks, Status, TaskId


class ListStream(Stream[TaskList]):
    """The stream of one list."""

    list_id: ListId

    @property
    def stream_id(self) -> UUID:
        return self.list_id

    def initial(self) -> TaskList:
        return TaskList()

    def authorize(self, state: TaskList, context: Context) -> None:
        # A list of somebody else is answered like one that does not exist.
        if not may_access(state.owner, context):
            raise ListNotFound(self.list_id)


class ListCommand(ListStream, Command[TaskList]):
    """A request to change one list."""


class CreateList(ListCommand):
    """Create a list; without a `position` it comes after those that were created before."""

    starts_stream: ClassVar[bool] = True

    owner: AccountId
    name: str
    position: float | None = None

    def authorize(self, state: TaskList, context: Context) -> None:
        """Anyone may create a list of their own."""

    def decide(self, state: TaskList, context: Context) -> Events:
        position = context.now.timestamp() if self.position is None else self.position
        return TaskList.create(self.owner, self.name, position)


class ChangeList(ListCommand):
    """Change what is given."""

    name: str | None = None
    position: float | None = None

    def decide(self, state: TaskList, context: Context) -> Events:
        renamed = () if self.name is None else state.rename(self.name)
        moved = () if self.position is None else state.move(self.position)
        return [*renamed, *moved]


class ArchiveList(ListCommand):
    def decide(self, state: TaskList, context: Context) -> Events:
        return state.archive()


class UnarchiveList(ListCommand):
    def decide(self, state: TaskList, context: Context) -> Events:
        return state.unarchive()


class DeleteList(ListCommand):
    """Delete the list. `to` is the list that takes its tasks if they move."""

    tasks: ListTasks
    to: ListId | None = None

    def related_streams(self, state: TaskList) -> States:
        return {} if self.to is None or self.to == self.list_id else {self.to: TaskList()}

    def decide(self, state: TaskList, context: Context) -> Events:
        if (self.tasks is ListTasks.MOVE) == (self.to is None):
            raise Invalid("to", "Give `to`, another list, with tasks=move, and only then.")
        if self.to == self.list_id:
            raise Invalid("to", "The tasks cannot move to the list that is deleted.")
        if self.to is not None and state.deleted_at is None:
            target = context.related.get(self.to)
            target = target if isinstance(target, TaskList) else TaskList()
            target.check_takes_tasks_of(state.owner, self.to, field="to")
        return state.delete(self.tasks, self.to)


class LeaveDeletedList(TaskCommand):
    """Take the task, and `others` in the same append, out of the deleted list `list_id`: to the
    list `to`, to none, or by deletion.

    It changes nothing of a task that is deleted or in another list, or if the list was restored.
    """

    list_id: ListId
    tasks: ListTasks
    to: ListId | None = None
    others: tuple[TaskId, ...] = ()

    def related_streams(self, state: Task) -> States:
        return {self.list_id: TaskList(), **{each: Task() for each in self.others}}

    def decide(self, state: Task, context: Context) -> Decision:
        known = context.related.get(self.list_id)
        if isinstance(known, TaskList) and known.deleted_at is None:
            return Decision(events={})
        members = {self.task_id: state, **context.related}
        return Decision(
            events={
                stream: self._leave(member)
                for stream, member in members.items()
                if isinstance(member, Task)
            }
        )

    def _leave(self, state: Task) -> Events:
        if state.list_id != self.list_id or state.status is Status.DELETED:
            return []
        if self.tasks is ListTasks.DELETE:
            return state.delete()
        return [TaskMoved(list_id=self.to)]


class SeriesLeavesDeletedList(SeriesStream, Command[Series]):
    """Let later occurrences be in the list `to`, or in none; if the tasks of the deleted list
    `list_id` are deleted, end the series."""

    list_id: ListId
    tasks: ListTasks
    to: ListId | None = None

    def decide(self, state: Series, context: Context) -> Events:
        if state.template.list_id != self.list_id or not state.editable:
            return []
        if self.tasks is ListTasks.DELETE:
            return state.end()
        return state.change_template(TemplateChange(list_id=self.to))
