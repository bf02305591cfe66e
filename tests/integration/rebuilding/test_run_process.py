"""A run has a process of its own, with workers, and all of them end when it is stopped."""

import asyncio
import multiprocessing

import pytest

from domain.events.operations import ViewRunEnded
from domain.vocabulary import RunKind, RunOutcome
from infrastructure.rebuilding.bulk_fold import RANGE_EVENTS
from infrastructure.rebuilding.run_process import Assignment, RunProcess, RunStep
from projections.views.tasks.task_list import TaskListView
from tests.bench.big_log import lives_of_tasks, write
from tests.support.event_log import open_log
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def test_a_stopped_run_ends_its_workers_and_leaves_the_view_as_it_was(
    database_url: str, owner_url: str
) -> None:
    write(owner_url, lives_of_tasks(3 * RANGE_EVENTS))
    steps: list[RunStep] = []
    folding = asyncio.Event()

    def advanced(step: RunStep) -> None:
        steps.append(step)
        if step.phase == "folding" and step.done:
            folding.set()

    given = Assignment(url=database_url, view="task_list", kind=RunKind.REBUILD, workers=2)
    process = RunProcess(given)
    result = asyncio.create_task(process.result(advanced))
    try:
        async with asyncio.timeout(60):
            await folding.wait()
            process.stop()
            assert await result is None
    finally:
        await process.close()
    assert multiprocessing.active_children() == []
    async with open_log(database_url) as log:
        assert await log.rows(TaskListView()) == []

        async def nothing_is_left() -> bool:
            cursor = await log.connection.execute(
                "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'"
                " UNION ALL SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name LIKE 'annals rebuild%'"
            )
            return await cursor.fetchone() is None

        await until(nothing_is_left)
        done = await RunProcess(given).result(advanced)
        assert isinstance(done, ViewRunEnded)
        assert (done.outcome, done.position) == (RunOutcome.SUCCEEDED, await log.end())
        assert len(await log.rows(TaskListView())) > RANGE_EVENTS / 4
