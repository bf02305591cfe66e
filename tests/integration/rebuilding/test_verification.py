"""Verification finds every byte that is not as the log says, and changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from infrastructure.rebuilding.verification import VerificationResult, verify
from projections.view import View
from projections.views.audit_trail.history import History
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA, NINE

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants", tags=("home",), due_at=NINE)


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        for number in range(10):
            await log.happened(CREATED, TaskUpdated(title=f"Task {number}"), TaskCompleted())
        for view in (TaskListView(), History()):
            await log.folded(view)
        yield log


async def verified(log: Log, view: View[Any]) -> VerificationResult:
    return await verify(log.url, view, EVENTS, workers=1, progress=lambda *_: None)


@pytest.mark.parametrize("view", [TaskListView(), History()], ids=lambda view: view.name)
async def test_what_followed_the_log_is_as_the_log_says(log: Log, view: View[Any]) -> None:
    verdict = await verified(log, view)
    assert (verdict.different, verdict.rows) == (0, {"task_list": 10, "history": 30}[view.name])
    assert verdict.position == await log.end()


async def test_a_tampered_row_is_found(log: Log) -> None:
    before = await log.rows(TaskListView())
    await log.connection.execute(
        "UPDATE task_list SET title = 'forged' WHERE id = %s", (before[3].id,)
    )
    tampered = await log.rows(TaskListView())
    verdict = await verified(log, TaskListView())
    assert verdict.different == 1
    (difference,) = verdict.differences
    assert difference.key == str(before[3].id)
    assert '"forged"' in (difference.table or "")
    assert f'"{before[3].title}"' in (difference.log or "")
    assert await log.rows(TaskListView()) == tampered  # found, not mended


async def test_a_missing_row_and_one_too_many_are_found(log: Log) -> None:
    gone, *_, copied = await log.rows(TaskListView())
    await log.connection.execute("DELETE FROM task_list WHERE id = %s", (gone.id,))
    await log.connection.execute(
        "UPDATE task_list SET id = gen_random_uuid() WHERE id = %s", (copied.id,)
    )
    verdict = await verified(log, TaskListView())
    assert verdict.different == 3
    assert sum(difference.table is None for difference in verdict.differences) == 2
    assert sum(difference.log is None for difference in verdict.differences) == 1


async def test_a_document_that_only_means_the_same_is_found(log: Log) -> None:
    # An owner of the table can take the triggers off; the log knows better.
    await log.connection.execute("ALTER TABLE history DISABLE TRIGGER USER")
    await log.connection.execute(
        "UPDATE history SET state = jsonb_set(state, '{version}', '1.0') WHERE position = 1"
    )
    verdict = await verified(log, History())
    assert [difference.key for difference in verdict.differences] == ["1"]


async def test_a_view_is_verified_while_it_goes_on(log: Log) -> None:
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            await log.happened(CREATED, TaskCompleted())

    async with following(log.url, TaskListView()), asyncio.TaskGroup() as group:
        group.create_task(write())
        verdicts = [await verified(log, TaskListView()) for _ in range(3)]
        done.set()
    assert [verdict.different for verdict in verdicts] == [0, 0, 0]
    assert verdicts[0].position < verdicts[-1].position  # it did go on
