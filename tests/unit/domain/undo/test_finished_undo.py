"""An undo is finished: large changes piece by piece, and what a reaction recorded meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.commands.lists import CreateList, DeleteList
from application.commands.recurrence import SetRecurrence
from application.commands.tasks import ChangeTask, CompleteTask, CreateTask, TagTask
from application.reactions.reaction import context_for
from application.reactions.undo_reaction import FinishUndo
from application.undo.past_change import load_histories
from application.undo.undo_change import undo_change
from domain.events.recorded import Recorded
from domain.events.requests import ChangeUndoContinued
from domain.events.tasks import TaskCompleted, TaskMoved
from domain.task import Task
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import ListId, ListTasks, Status, TaskId
from tests.golden.series_samples import SERIES
from tests.support.facts import ADA, LIST, TASK, context, recorded
from tests.support.undo_scenario import (
    MOST_ENDPOINTS,
    MemoryChangeLog,
    UndoScenario,
    comparable,
)

pytestmark = pytest.mark.anyio

EIGHT = datetime(2030, 1, 1, 8, tzinfo=UTC)
DUE = EIGHT + timedelta(hours=30)
ASLEEP = 1_000_000  # a position that the log does not reach: reactions see nothing


async def recurring() -> UndoScenario:
    scenario = UndoScenario(EIGHT)
    fields = TaskFields(title="Water", due_at=DUE)
    await scenario.ask(CreateTask(task_id=TASK, owner=ADA, fields=fields))
    await scenario.ask(
        SetRecurrence(task_id=TASK, series_id=SERIES, rule="FREQ=DAILY", timezone="UTC")
    )
    return scenario


async def completed_unseen(scenario: UndoScenario) -> Recorded:
    """Complete the task while reactions sleep."""
    scenario.position, seen = ASLEEP, scenario.position
    await scenario.ask(CompleteTask(task_id=TASK))
    scenario.position = seen
    return next(past for past in scenario.store.log if isinstance(past.event, TaskCompleted))


async def advance(scenario: UndoScenario, completed: Recorded, commands: Any) -> None:
    """Carry out what the reaction to the completion has decided."""
    for command in commands:
        asking = context_for(completed, scenario.reaction, now=scenario.now)
        await scenario.handler.handle(command, asking)


async def one_open_occurrence(scenario: UndoScenario) -> bool:
    tasks = [each for each in scenario.states().values() if isinstance(each, Task)]
    open_ones = [each.id for each in tasks if each.status is Status.OPEN]
    return open_ones == [TASK] and list((await scenario.series()).tasks.values()) == [TASK]


async def test_an_occurrence_that_is_generated_just_after_the_undo_is_taken_back() -> None:
    scenario = await recurring()
    before = comparable(scenario.states())
    completed = await completed_unseen(scenario)
    # The reaction has read that the task is completed, and is slow.
    commands = await scenario.reaction.commands(completed, scenario.handler.current_state)
    assert commands
    scenario.position, seen = ASLEEP, scenario.position
    undo = await scenario.undo(scenario.changes)
    await advance(scenario, completed, commands)
    assert len((await scenario.series()).tasks) == 2
    scenario.position = seen
    await scenario.react()
    assert await one_open_occurrence(scenario)
    now = scenario.states()
    assert comparable({stream: now[stream] for stream in before}) == before
    await scenario.undo(undo)  # completed again, and the next comes once
    assert len((await scenario.series()).tasks) == 2


async def test_an_occurrence_that_is_generated_while_the_undo_is_decided_is_taken_back() -> None:
    scenario = await recurring()
    completed = await completed_unseen(scenario)
    change, scenario.changes = scenario.changes, scenario.changes + 1
    # The undo has read what the completion touched: the task alone.
    histories = await load_histories(scenario.store.load, [TASK])
    undo = undo_change(
        UUID(int=change),
        ADA,
        histories,
        most_endpoints=MOST_ENDPOINTS,
        seen=len(scenario.store.log),
    )
    commands = await scenario.reaction.commands(completed, scenario.handler.current_state)
    await advance(scenario, completed, commands)
    asking = replace(
        context(now=scenario.now),
        change_id=UUID(int=scenario.changes),
        causation_id=UUID(int=change),
    )
    await scenario.handler.handle(undo, asking)
    assert len((await scenario.series()).tasks) == 2
    await scenario.react()
    assert await one_open_occurrence(scenario)
    await scenario.undo(scenario.changes)
    assert len((await scenario.series()).tasks) == 2


async def test_what_a_late_reaction_to_a_redone_change_records_stays() -> None:
    scenario = await recurring()
    completed = await completed_unseen(scenario)
    commands = await scenario.reaction.commands(completed, scenario.handler.current_state)
    scenario.position, seen = ASLEEP, scenario.position
    await scenario.undo(await scenario.undo(scenario.changes))
    await advance(scenario, completed, commands)
    scenario.position = seen
    await scenario.react()
    assert len((await scenario.series()).tasks) == 2


SEVEN = [TaskId(UUID(int=number)) for number in range(1, 8)]


async def emptied(what: ListTasks) -> tuple[UndoScenario, Any]:
    """A list of seven tasks that was deleted; and the states before."""
    scenario = UndoScenario(EIGHT)
    await scenario.ask(CreateList(list_id=LIST, owner=ADA, name="Home"))
    for task in SEVEN:
        fields = TaskFields(title=f"Task {task}", list_id=LIST)
        await scenario.ask(CreateTask(task_id=task, owner=ADA, fields=fields))
    before = comparable(scenario.states())
    scenario.now += timedelta(hours=1)
    await scenario.ask(DeleteList(list_id=LIST, tasks=what))
    return scenario, before


@pytest.mark.parametrize("what", [ListTasks.DELETE, ListTasks.KEEP])
async def test_a_large_change_is_undone_and_redone_in_pieces(what: ListTasks) -> None:
    scenario, before = await emptied(what)
    after = comparable(scenario.states())
    undo = await scenario.undo(scenario.changes, most=2)
    assert comparable(scenario.states()) == before
    assert {past.change_id for past in scenario.store.log[-8:]} == {UUID(int=undo)}
    redo = await scenario.undo(undo, most=2)
    assert comparable(scenario.states()) == after
    await scenario.undo(redo, most=2)
    assert comparable(scenario.states()) == before


async def test_a_reaction_that_was_killed_goes_on_with_the_pieces_that_are_left() -> None:
    scenario, before = await emptied(ListTasks.DELETE)
    scenario.position, seen = ASLEEP, scenario.position
    await scenario.undo(scenario.changes, most=2)
    finish = FinishUndo(MemoryChangeLog(scenario.store))
    undone = scenario.store.log[-1]
    [first] = await finish.commands(undone, scenario.handler.current_state)
    asking = context_for(undone, finish, now=scenario.now)
    await scenario.handler.handle(first, asking)
    length = len(scenario.store.log)
    await scenario.handler.handle(first, asking)  # again, after a crash
    assert len(scenario.store.log) == length
    scenario.position = seen
    await scenario.react()
    assert comparable(scenario.states()) == before
    pieces = [past for past in scenario.store.log if isinstance(past.event, ChangeUndoContinued)]
    assert len(pieces) == 4


async def test_the_pieces_leave_what_was_changed_since() -> None:
    scenario, _ = await emptied(ListTasks.KEEP)
    change, last = scenario.changes, SEVEN[-1]
    office = CreateList(list_id=ListId(UUID(int=0x12)), owner=ADA, name="Office")
    await scenario.ask(office)
    moved = TaskFieldsChange(list_id=office.list_id)
    await scenario.ask(ChangeTask(task_id=last, change=moved))
    await scenario.ask(TagTask(task_id=SEVEN[-2], tags=("x",)))
    await scenario.undo(change, most=2)
    assert [(await scenario.task(each)).list_id for each in SEVEN] == [
        *[LIST] * 6,
        office.list_id,
    ]
    assert (await scenario.task(SEVEN[-2])).tags == ("x",)


async def test_an_undo_that_was_undone_itself_does_not_go_on() -> None:
    scenario, _ = await emptied(ListTasks.DELETE)
    after = comparable(scenario.states())
    scenario.position, seen = ASLEEP, scenario.position
    undo = await scenario.undo(scenario.changes, most=2)
    await scenario.undo(undo, most=2)
    scenario.position = seen
    await scenario.react()
    assert comparable(scenario.states()) == after


async def test_a_piece_that_is_recorded_just_after_its_undo_was_undone_is_taken_back() -> None:
    scenario, before = await emptied(ListTasks.DELETE)
    undo = await scenario.undo(scenario.changes, most=2)
    scenario.position, seen = ASLEEP, scenario.position
    redo = await scenario.undo(undo, most=2)
    finish = FinishUndo(MemoryChangeLog(scenario.store))
    undone = scenario.store.log[-1]
    [piece] = await finish.commands(undone, scenario.handler.current_state)
    await scenario.undo(redo)
    await scenario.handler.handle(piece, context_for(undone, finish, now=scenario.now))
    assert comparable(scenario.states()) != before
    scenario.position = seen
    await scenario.react()
    assert comparable(scenario.states()) == before


async def test_a_task_that_leaves_a_list_after_the_deletion_was_undone_comes_back() -> None:
    scenario, before = await emptied(ListTasks.KEEP)
    change = scenario.changes
    await scenario.undo(change)
    assert comparable(scenario.states()) == before
    # The reaction had decided on the deleted list, and is recorded now.
    task = SEVEN[3]
    late = recorded(
        TaskMoved(list_id=None),
        stream=task,
        version=(await scenario.task(task)).version + 1,
        actor="system:empty_deleted_lists",
        at=scenario.now,
    )
    await scenario.store.append([replace(late, change_id=UUID(int=change))])
    await scenario.react()
    assert comparable(scenario.states()) == before
