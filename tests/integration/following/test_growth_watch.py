"""All readers of a process are woken by a single connection that watches the log."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.events.tasks import TaskCreated
from infrastructure.following import growth_watch as watching
from infrastructure.following.growth_watch import growth_watch
from projections.views.tasks.occurrences import Occurrences
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import Log, following, open_log
from tests.support.facts import ADA
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def watches(log: Log) -> int:
    cursor = await log.connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'annals growth watch'"
        " AND datname = current_database()"
    )
    return int((await cursor.fetchone() or (0,))[0])


async def cut(log: Log) -> None:
    await log.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'annals growth watch' AND datname = current_database()"
    )


async def test_several_readers_share_one_watch_which_ends_with_the_last_of_them(log: Log) -> None:
    async with following(log.url, TaskListView(), Occurrences()):
        await log.happened(CREATED)
        await log.caught_up(TaskListView())
        await log.caught_up(Occurrences())
        assert await watches(log) == 1
    await until(lambda: _none(log))


async def test_what_a_reader_waits_for_is_done_when_the_log_has_grown(log: Log) -> None:
    async with growth_watch(log.url) as watch, asyncio.timeout(30):
        await watch.next_growth()  # of the first connection
        growth = watch.next_growth()
        await log.happened(CREATED)
        await growth


async def test_every_reader_is_woken_when_the_watch_is_cut(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "POLL_SECONDS", 300.0)
    monkeypatch.setattr(watching, "MAX_POLL_SECONDS", 300.0)
    async with growth_watch(log.url) as watch, asyncio.timeout(30):
        await watch.next_growth()
        growth = watch.next_growth()
        await cut(log)
        await growth
        growth = watch.next_growth()
        await log.happened(CREATED)
        await growth


async def _none(log: Log) -> bool:
    return await watches(log) == 0
