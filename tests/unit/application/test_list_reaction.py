"""A deleted list keeps no task, however the events came about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command import Command
from application.command_handler import CommandHandler
from application.commands.lists import DeleteList, LeaveDeletedList
from application.commands.tasks import CreateTask, DeleteTask, RestoreTask
from application.reactions.list_reaction import EmptyDeletedLists, Members
from application.reactions.reaction import context_for
from domain.events.lists import ListCreated, ListDeleted
from domain.events.recorded import AnyEvent
from domain.events.tasks import TaskCreated, TaskDeleted, TaskMoved, TaskRestored
from domain.task import Task
from domain.values.task_fields import TaskFields
from domain.vocabulary import ListId, ListTasks, Status, TaskId
from tests.support.facts import ADA, EIGHT, LIST, TASK, context, recorded
from tests.support.memory import MemoryEventStore

pytestmark = pytest.mark.anyio

OTHER, THIRD = ListId(UUID(int=0x12)), ListId(UUID(int=0x13))
TASKS = [TaskId(UUID(int=0x100 + n)) for n in range(25)]


class World:
    """A log whose tasks of a list are found as the view would find them, and the reaction."""

    def __init__(self) -> None:
        self.store = MemoryEventStore()
        self.handler = CommandHandler(self.store)
        self.reaction = EmptyDeletedLists(self.members)
        self.handled = 0

    async def happens(self, stream: UUID, *events: AnyEvent) -> None:
        version = len(await self.store.load(stream))
        await self.store.append(
            [
                recorded(event, stream=stream, version=version + n)
                for n, event in enumerate(events, start=1)
            ]
        )

    async def task(self, task_id: TaskId) -> Task:
        return await CommandHandler(self.store).current_state(Task(), task_id)

    async def members(self, list_id: UUID, position: int) -> Members:
        assert position <= len(self.store.log)
        ids = dict.fromkeys(past.originator_id for past in self.store.log)
        tasks = [await self.task(TaskId(each)) for each in ids]
        found = [task.id for task in tasks if task.id and task.list_id == list_id]
        return Members(tasks=found, series=[])

    async def commands(self) -> Sequence[Command[Any]]:
        """Return what follows from the next event that was not handled."""
        event = self.store.log[self.handled]
        if not isinstance(event.event, self.reaction.listens_to):
            return []
        commands = await self.reaction.commands(event, self.handler.current_state)
        selected = await self.reaction.select([event], self.handler.current_state)
        assert selected or not commands, "what is left out leads to nothing"
        return commands

    async def react(self) -> None:
        """Handle all events, also those that follow."""
        for _ in range(1_000):
            if self.handled == len(self.store.log):
                return
            event = self.store.log[self.handled]
            for command in await self.commands():
                at = context_for(event, self.reaction, now=EIGHT)
                await self.handler.handle(command, at, retry_forever=True)
            self.handled += 1
        raise AssertionError("the reaction goes on for ever")

    async def lists(self) -> dict[TaskId, ListId | None]:
        return {each: (await self.task(each)).list_id for each in TASKS}


async def world_with_tasks(deleted: ListDeleted) -> World:
    world = World()
    for made in (LIST, OTHER, THIRD):
        await world.happens(made, ListCreated(owner=ADA, name="Garden", position=1.0))
    for each in TASKS:
        await world.happens(each, TaskCreated(owner=ADA, title="Water", list_id=LIST))
    await world.happens(LIST, deleted)
    return world


@pytest.mark.parametrize("to", [None, OTHER])
async def test_every_task_leaves_the_list(to: ListId | None) -> None:
    fate = ListTasks.KEEP if to is None else ListTasks.MOVE
    world = await world_with_tasks(ListDeleted(tasks=fate, to=to))
    await world.react()
    assert await world.lists() == dict.fromkeys(TASKS, to)


async def test_every_task_is_deleted_with_the_list() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.DELETE))
    await world.react()
    assert {(await world.task(each)).status for each in TASKS} == {Status.DELETED}


async def test_a_reaction_that_was_killed_goes_on_where_it_was() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.KEEP))
    world.handled = len(world.store.log) - 1
    commands = await world.commands()
    event = world.store.log[world.handled]
    for command in commands[:10]:
        await world.handler.handle(command, context_for(event, world.reaction, now=EIGHT))
    again = World()
    again.store = world.store
    again.handler = CommandHandler(again.store)
    await again.react()
    assert await again.lists() == dict.fromkeys(TASKS)
    assert [(await again.task(each)).version for each in TASKS] == [2] * len(TASKS)


async def test_a_task_that_was_created_in_no_list_is_left_out() -> None:
    world = World()
    await world.happens(TASKS[0], TaskCreated(owner=ADA, title="a"))
    await world.happens(TASKS[1], TaskCreated(owner=ADA, title="b", list_id=LIST))
    selected = await world.reaction.select(world.store.log, world.handler.current_state)
    assert [each.originator_id for each in selected] == [TASKS[1]]


async def test_a_task_that_comes_into_a_deleted_list_leaves_it() -> None:
    """The command decided before the list was deleted, and its event came after."""
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.MOVE, to=OTHER))
    await world.happens(TASK, TaskCreated(owner=ADA, title="Late", list_id=LIST))
    await world.react()
    assert (await world.task(TASK)).list_id == OTHER


async def test_a_task_restored_into_a_deleted_list_leaves_it() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.KEEP))
    created = TaskCreated(owner=ADA, title="Late", list_id=LIST)
    await world.happens(TASK, created, TaskDeleted(), TaskRestored())
    await world.react()
    assert (await world.task(TASK)).list_id is None


async def test_a_task_restored_after_its_list_was_emptied_leaves_it() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.KEEP))
    created = TaskCreated(owner=ADA, title="Late", list_id=LIST)
    await world.happens(TASK, created, TaskDeleted())
    await world.react()
    await world.happens(TASK, TaskRestored())
    await world.react()
    assert (await world.task(TASK)).list_id is None


async def test_tasks_follow_when_the_list_that_took_them_is_deleted_too() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.MOVE, to=OTHER))
    await world.happens(OTHER, ListDeleted(tasks=ListTasks.MOVE, to=THIRD))
    await world.react()
    assert await world.lists() == dict.fromkeys(TASKS, THIRD)


async def test_two_lists_deleted_in_favour_of_each_other_keep_no_task() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.MOVE, to=OTHER))
    await world.happens(OTHER, ListDeleted(tasks=ListTasks.MOVE, to=LIST))
    await world.react()
    assert await world.lists() == dict.fromkeys(TASKS)


async def test_a_list_that_is_not_deleted_keeps_its_tasks() -> None:
    world = World()
    await world.happens(LIST, ListCreated(owner=ADA, name="Garden", position=1.0))
    await world.happens(TASK, TaskCreated(owner=ADA, title="Water", list_id=LIST))
    await world.react()
    assert (await world.task(TASK)).list_id == LIST


async def test_a_list_takes_no_task_from_the_moment_it_is_deleted() -> None:
    """Also in a process that remembers the list as it was."""
    world = World()
    await world.happens(LIST, ListCreated(owner=ADA, name="Garden", position=1.0))
    create = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water", list_id=LIST))
    await world.handler.handle(create, context())
    delete = DeleteList(list_id=LIST, tasks=ListTasks.DELETE)
    await world.handler.handle(delete, context())
    late = replace(create, task_id=TASKS[0])
    with pytest.raises(Exception, match="There is no list"):
        await world.handler.handle(late, context())
    await world.react()
    assert (await world.task(TASK)).status is Status.DELETED


async def test_a_deleted_task_stays_as_it_was_and_is_restored_without_a_list() -> None:
    world = World()
    await world.happens(LIST, ListCreated(owner=ADA, name="Garden", position=1.0))
    await world.happens(TASK, TaskCreated(owner=ADA, title="Water", list_id=LIST))
    await world.handler.handle(DeleteTask(task_id=TASK), context())
    await world.handler.handle(DeleteList(list_id=LIST, tasks=ListTasks.KEEP), context())
    await world.react()
    assert (await world.task(TASK)).version == 2
    receipt = await world.handler.handle(RestoreTask(task_id=TASK), context())
    assert (receipt.state.status, receipt.state.list_id) == (Status.OPEN, None)


async def test_the_commands_are_those_of_the_list() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.KEEP))
    world.handled = len(world.store.log) - 1
    commands = await world.commands()
    first, *others = TASKS
    assert commands == [
        LeaveDeletedList(task_id=first, others=tuple(others), list_id=LIST, tasks=ListTasks.KEEP)
    ]


async def test_a_group_in_which_some_tasks_left_before_leaves_as_far_as_it_has_to() -> None:
    world = await world_with_tasks(ListDeleted(tasks=ListTasks.MOVE, to=OTHER))
    await world.happens(TASKS[1], TaskDeleted())
    await world.happens(TASKS[2], TaskMoved(list_id=None))
    await world.react()
    lists = await world.lists()
    assert [lists[each] for each in TASKS[:4]] == [OTHER, LIST, None, OTHER]
