"""A projector that is killed, cut off or replaced leaves a view that is right, and soon goes on."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from infrastructure.following import growth_watch
from infrastructure.following.checkpoints import CheckpointMoved, applied
from infrastructure.following.subscription import BATCH_PAUSE_SECONDS
from infrastructure.postgres.connections import connect
from infrastructure.projecting.view_fold import fold
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.store.mapper import RecordMapper
from projections.views.audit_trail.history import History
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA, recorded
from tests.support.processes.cli_process import annals, killed
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def is_right(log: Log) -> bool:
    """Whether the table has what a fresh fold of the whole log gives, no more and no less."""
    facts = [fact for fact in await log.facts() if type(fact.event) in TaskListView.listens_to]
    fresh = sorted(fold(TaskListView(), {}, facts).upserts, key=lambda row: row.id)
    return await log.rows(TaskListView()) == fresh


async def test_a_projector_killed_in_the_middle_of_a_batch_leaves_nothing_half_done(
    log: Log,
) -> None:
    task = await log.happened(CREATED)
    await log.folded(TaskListView())
    position = await applied(log.connection, "task_list")
    async with await connect(log.url) as other, other.transaction():
        # The batch will want this row after it has moved the position and written others.
        await other.execute("SELECT 1 FROM task_list WHERE id = %s FOR UPDATE", (task,))
        await log.happened(CREATED)
        await log.append_to(task, TaskCompleted(), version=2)
        with annals("project", database=log.url) as projector:
            await until(lambda: in_a_batch(log), within=20)
            await killed(projector)
        # The server ends the statement of a client that has gone.
        await until(lambda: nobody_follows(log))
    assert await applied(log.connection, "task_list") == position
    assert len(await log.rows(TaskListView())) == 1
    async with following(log.url, TaskListView()):
        await log.caught_up(TaskListView())
    assert len(await log.rows(TaskListView())) == 2
    assert await is_right(log)


async def test_a_projector_killed_over_and_over_under_load_ends_up_right(log: Log) -> None:
    tasks: list[UUID] = []
    for _ in range(4):
        with annals("project", database=log.url) as projector:
            before = await applied(log.connection, "task_list")
            while await applied(log.connection, "task_list") <= before:
                tasks.append(await log.happened(CREATED, TaskUpdated(title="Drown them")))
            await log.append_to(tasks[-1], TaskCompleted(), version=3)
            await killed(projector)
    async with following(log.url, TaskListView(), History()):
        await log.caught_up(TaskListView())
        await log.caught_up(History())
    assert await is_right(log)
    assert len(await log.rows(History())) == await log.end()


async def test_a_standby_takes_over_within_seconds_of_a_kill(log: Log) -> None:
    with annals("project", database=log.url) as active:
        await log.happened(CREATED)
        await log.caught_up(TaskListView(), within=20)
        with annals("project", database=log.url) as standby:
            await until(lambda: two_follow(log), within=20)
            await killed(active)
            await log.happened(CREATED)
            await log.caught_up(TaskListView(), within=20)
            assert standby.poll() is None
    assert len(await log.rows(TaskListView())) == 2


async def test_a_view_goes_on_within_a_second_of_its_connection_being_cut(log: Log) -> None:
    async with following(log.url, TaskListView()):
        await log.happened(CREATED)
        await log.caught_up(TaskListView())
        for _ in range(3):
            await log.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'annals follow task_list'"
                " AND datname = current_database()"
            )
            await log.happened(CREATED)
            await log.caught_up(TaskListView())


async def test_a_view_goes_on_when_no_notification_comes(log: Log) -> None:
    mapper = RecordMapper()

    async def inserted() -> None:
        """Behind the store's back, so that nobody rings."""
        stored = mapper.to_stored_event(recorded(CREATED, stream=uuid4()))
        await log.connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
            " VALUES (%s, %s, %s, %s)",
            (stored.originator_id, stored.originator_version, stored.topic, stored.state),
        )

    async with following(log.url, TaskListView()):
        for _ in range(3):
            await asyncio.sleep(
                2 * BATCH_PAUSE_SECONDS
            )  # the projector has come to rest and listens
            await inserted()
            await log.caught_up(TaskListView())
    assert len(await log.rows(TaskListView())) == 3


async def test_news_arrives_without_a_poll(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth_watch, "POLL_SECONDS", 300.0)
    monkeypatch.setattr(growth_watch, "MAX_POLL_SECONDS", 300.0)
    async with following(log.url, TaskListView()):
        for _ in range(15):
            await log.happened(CREATED)
            await log.caught_up(TaskListView())
            await asyncio.sleep(2 * BATCH_PAUSE_SECONDS)  # it has come to rest and listens
    assert len(await log.rows(TaskListView())) == 15


async def test_one_runner_stands_by_while_another_is_active(log: Log) -> None:
    async def standing_by() -> bool:
        cursor = await log.connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'annals follow task_list'"
            " AND datname = current_database() AND query LIKE '%pg_try_advisory_lock%'"
            " AND state = 'idle'"
        )
        return await cursor.fetchone() is not None

    await log.happened(CREATED)
    async with await connect(log.url) as active:
        await active.execute(
            "SELECT pg_advisory_lock(hashtext('annals reader'), hashtext('task_list'))"
        )
        async with following(log.url, TaskListView()):
            await until(standing_by)
            assert await log.rows(TaskListView()) == []
            await active.close()
            await log.caught_up(TaskListView(), within=20)
    assert len(await log.rows(TaskListView())) == 1


async def test_a_replaced_runner_cannot_write(log: Log) -> None:
    await log.happened(CREATED)
    replaced = ViewWriter(TaskListView(), EVENTS)
    await log.folded(TaskListView())  # the one that replaced it
    before = await log.rows(TaskListView())
    with pytest.raises(CheckpointMoved):
        await replaced.advance(log.connection, 0, limit=100)
    assert await log.rows(TaskListView()) == before


async def in_a_batch(log: Log) -> bool:
    """Whether a projector waits for the row's lock."""
    cursor = await log.connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'annals follow task_list'"
        " AND wait_event_type = 'Lock' AND datname = current_database()"
    )
    return await cursor.fetchone() is not None


async def nobody_follows(log: Log) -> bool:
    return await followers(log) == 0


async def two_follow(log: Log) -> bool:
    return await followers(log) == 2


async def followers(log: Log) -> int:
    cursor = await log.connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'annals follow task_list'"
        " AND datname = current_database()"
    )
    return int((await cursor.fetchone() or (0,))[0])
