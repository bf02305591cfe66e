"""A step of a view writes rows and position together, and only what it has loaded unchanged."""

from collections.abc import AsyncIterator

import pytest

from domain.events.reminders import ReminderSet
from domain.events.tasks import TaskCompleted, TaskCreated
from domain.vocabulary import ReminderId
from infrastructure.following.checkpoints import CHANNEL, CheckpointMoved, applied, lock
from infrastructure.postgres.connections import connect
from infrastructure.projecting.view_step import ViewStep
from infrastructure.projecting.view_table import ViewTable
from projections.views.reminders.due_reminders import DueReminders
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA, NINE

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def test_rows_that_somebody_may_have_changed_since_they_were_loaded_are_not_written(
    log: Log,
) -> None:
    task = await log.happened(CREATED)
    await log.folded(TaskListView())
    step, start = ViewStep(ViewTable(TaskListView()), "task_list"), await log.end()
    rows, version = await step.load(log.connection, [(task,)], start=start)
    async with log.connection.transaction():  # as a retry does, which leaves the position
        assert await lock(log.connection, "task_list") == start
    await log.append_to(task, TaskCompleted(), version=2)
    with pytest.raises(CheckpointMoved):
        await step.write(
            log.connection, [*rows.values()], start=start, end=start + 1, version=version
        )
    assert await applied(log.connection, "task_list") == start
    await log.folded(TaskListView())
    assert [row.version for row in await log.rows(TaskListView())] == [2]


async def test_nothing_is_loaded_from_another_position(log: Log) -> None:
    task = await log.happened(CREATED)
    await log.folded(TaskListView())
    step = ViewStep(ViewTable(TaskListView()), "task_list")
    with pytest.raises(CheckpointMoved):
        await step.load(log.connection, [(task,)], start=0)


async def test_the_scheduler_hears_of_changed_reminders_and_of_no_other_view(log: Log) -> None:
    reminder = ReminderSet(reminder_id=ReminderId(ADA), owner=ADA, at=NINE, due_at=NINE)
    async with await connect(log.url) as listening:
        await listening.execute(f"LISTEN {CHANNEL}")
        await log.happened(CREATED, reminder)
        await log.folded(TaskListView())
        await log.folded(DueReminders())
        notifications = [each async for each in listening.notifies(timeout=5, stop_after=1)]
    assert [each.payload for each in notifications] == ["due_reminders"]
