"""The commands that follow when a list is deleted: no task is left in it."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol
from uuid import UUID

from msgspec import UNSET

from application.command import Command
from application.commands.lists import LeaveDeletedList, SeriesLeavesDeletedList
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.lists import ListDeleted
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.recorded import Recorded
from domain.events.series import SeriesChanged, SeriesRestored, SeriesStarted
from domain.events.tasks import TaskCreated, TaskMoved, TaskRestored
from domain.record import Record
from domain.task import Task
from domain.task_list import TaskList
from domain.vocabulary import ListId, ListTasks, SeriesId, TaskId

TASKS_AT_ONCE = 100


class Members(Record):
    """The tasks of a list that are not deleted, and the series whose occurrences come into it."""

    tasks: Sequence[TaskId]
    series: Sequence[SeriesId]


class FindMembers(Protocol):
    """Returns what was in a list at a position of the log, or later."""

    async def __call__(self, list_id: UUID, position: int, /) -> Members: ...


class EmptyDeletedLists:
    """Takes tasks and series out of a deleted list, as its deletion says.

    A task that a command put into the list while it was deleted comes after the deletion in the
    log, so the list is looked at after each event that puts a task or a series into a list.
    """

    name: ClassVar[str] = "empty_deleted_lists"
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        ListDeleted,
        TaskCreated,
        TaskMoved,
        TaskRestored,
        TaskOccurrenceGenerated,
        SeriesStarted,
        SeriesChanged,
        SeriesRestored,
    )

    def __init__(self, members: FindMembers) -> None:
        self._members = members

    async def select(
        self, facts: Sequence[Recorded], _current_state: LoadState
    ) -> Sequence[Recorded]:
        """Leave out tasks that were created in no list."""
        return [fact for fact in facts if getattr(fact.event, "list_id", fact) is not None]

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event, stream, at = recorded.event, recorded.originator_id, recorded.position
        match event:
            case ListDeleted():
                members = await self._members(stream, at)
                return await _out_of(ListId(stream), members, current_state)
            case TaskCreated(list_id=list_id) | TaskOccurrenceGenerated(list_id=list_id):
                pass
            case TaskMoved(list_id=list_id):
                pass
            case TaskRestored():
                list_id = (await current_state(Task(), stream)).list_id
            case SeriesStarted(template=template):
                return await _out_of(template.list_id, _series(stream), current_state, put_in_at=at)
            case SeriesChanged(template=template) | SeriesRestored(template=template):
                moved = UNSET if template is UNSET else template.list_id
                target = None if moved is UNSET else moved
                return await _out_of(target, _series(stream), current_state, put_in_at=at)
            case _:
                return []
        task = Members(tasks=[TaskId(stream)], series=[])
        return await _out_of(list_id, task, current_state, put_in_at=at)


def _series(stream: UUID) -> Members:
    return Members(tasks=[], series=[SeriesId(stream)])


async def _out_of(
    list_id: ListId | None,
    members: Members,
    current_state: LoadState,
    *,
    put_in_at: int | None = None,
) -> Sequence[Command[Any]]:
    """Return the commands that take these members out of a list, if it is deleted.

    What was put in at a position before the deletion leaves because of that, as a part of the same
    change: the deletion comes later in the log.
    """
    if list_id is None:
        return []
    found = await current_state(TaskList(), list_id)
    if found.deleted_at is None:
        return []
    if put_in_at is not None and found.deleted_position > put_in_at:
        return []
    tasks, to = await _destination(found, current_state)
    return [
        *(
            SeriesLeavesDeletedList(series_id=each, list_id=list_id, tasks=tasks, to=to)
            for each in members.series
        ),
        *(
            LeaveDeletedList(
                task_id=first, others=tuple(others), list_id=list_id, tasks=tasks, to=to
            )
            for first, *others in _in_groups(members.tasks)
        ),
    ]


def _in_groups(tasks: Sequence[TaskId]) -> Iterator[Sequence[TaskId]]:
    """Yield the tasks in groups that leave in one append."""
    for start in range(0, len(tasks), TASKS_AT_ONCE):
        yield tasks[start : start + TASKS_AT_ONCE]


async def _destination(
    deleted: TaskList, current_state: LoadState
) -> tuple[ListTasks, ListId | None]:
    """Return what becomes of the tasks of a deleted list, and which list takes them.

    That list may be deleted by now, too: then its own deletion counts. Two that were deleted at
    the same time, each in favour of the other, keep the tasks in none.
    """
    seen = {deleted.id}
    while deleted.tasks is ListTasks.MOVE and deleted.to is not None:
        if deleted.to in seen:
            return ListTasks.KEEP, None
        seen.add(deleted.to)
        target = await current_state(TaskList(), deleted.to)
        if target.deleted_at is None:
            return ListTasks.MOVE, deleted.to
        deleted = target
    return deleted.tasks, None
