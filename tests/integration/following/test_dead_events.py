"""An event no view can be given is set aside and seen, and everything else goes on."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from domain.events.recorded import Recorded
from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged, TaskUpdated
from domain.vocabulary import Status
from infrastructure.following.checkpoints import applied
from infrastructure.following.dead_events import dead_events, discard
from infrastructure.projecting.view_state import view_state
from infrastructure.rebuilding.dead_event_retry import NeedsRebuild, retry
from projections.views.audit_trail.history import History
from projections.views.tasks import task_list
from projections.views.tasks.task_list import TaskListView, TaskRow
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA

pytestmark = pytest.mark.anyio


class Choosy(TaskListView):
    """Cannot take what is called poison."""

    def evolve(self, row: TaskRow | None, recorded: Recorded) -> TaskRow | None:
        if getattr(recorded.event, "title", None) == "poison":
            raise ZeroDivisionError("poison")
        return super().evolve(row, recorded)


GOOD = TaskCreated(owner=ADA, title="Water the plants")
POISON = TaskUpdated(title="poison")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def test_a_poison_event_is_set_aside_and_the_rest_goes_on(log: Log) -> None:
    for _ in range(10):
        await log.happened(GOOD)
    poisoned = await log.happened(GOOD, POISON)
    for _ in range(10):
        await log.happened(GOOD)
    async with following(log.url, Choosy()):
        await log.caught_up(Choosy())
    (dead,) = await dead_events(log.connection)
    assert (dead.view, dead.position, dead.stream) == ("task_list", 12, poisoned)
    assert (dead.version, dead.topic, dead.error) == (
        2,
        "task.updated",
        "ZeroDivisionError('poison')",
    )
    assert len(await log.rows(TaskListView())) == 21
    assert (await view_state(log.connection, TaskListView(), EVENTS)).dead == 1


async def test_a_row_goes_on_without_its_dead_event(log: Log) -> None:
    task = await log.happened(GOOD, POISON, TaskCompleted())
    await log.folded(Choosy())
    row = await task_list.get(log.connection, task)
    assert row
    assert (row.title, row.status, row.version) == ("Water the plants", Status.COMPLETED, 3)


async def test_what_came_before_in_the_batch_stands_as_if_read_alone(log: Log) -> None:
    task = await log.happened(GOOD, TaskUpdated(title="first"), POISON, TaskUpdated(title="last"))
    await log.folded(Choosy(), batch=100)
    row = await task_list.get(log.connection, task)
    assert row
    assert (row.title, row.version) == ("last", 4)
    assert len(await dead_events(log.connection)) == 1


async def test_a_row_the_database_refuses_is_set_aside(log: Log) -> None:
    await log.happened(GOOD)
    await log.happened(TaskCreated(owner=ADA, title="nothing\0ness"))
    await log.happened(GOOD)
    await log.folded(TaskListView())
    assert [dead.position for dead in await dead_events(log.connection)] == [2]
    assert len(await log.rows(TaskListView())) == 2


async def test_an_event_that_cannot_be_read_is_set_aside(log: Log) -> None:
    await log.happened(GOOD)
    await log.connection.execute(
        "INSERT INTO stored_events VALUES"
        " (gen_random_uuid(), 1, 'task.created', '{\"event\"'),"
        " (gen_random_uuid(), 1, 'account.registered', '{}'),"
        " (gen_random_uuid(), 1, 'task.sung', '{}')"
    )
    await log.happened(GOOD)
    await log.folded(TaskListView())
    # The account is none of its business; what nobody knows could be.
    dead = await dead_events(log.connection)
    assert [event.topic for event in dead] == ["task.created", "task.sung"]
    assert len(await log.rows(TaskListView())) == 2


async def test_trouble_that_befalls_every_event_kills_none(log: Log) -> None:
    await log.happened(GOOD)
    await log.connection.execute("ALTER TABLE task_list RENAME TO elsewhere")
    with pytest.raises(psycopg.errors.UndefinedTable):
        await log.folded(TaskListView())
    assert await dead_events(log.connection) == []
    assert await applied(log.connection, "task_list") == 0
    await log.connection.execute("ALTER TABLE elsewhere RENAME TO task_list")
    await log.folded(TaskListView())
    assert len(await log.rows(TaskListView())) == 1


async def test_a_retry_folds_the_stream_afresh_and_in_order(log: Log) -> None:
    task = await log.happened(GOOD, POISON, TaskCompleted())
    await log.folded(Choosy())
    async with following(log.url, TaskListView()):
        assert await retry(log.connection, TaskListView(), task, EVENTS) is None
        await log.append_to(task, TaskUpdated(description="after"), version=4)
        await log.caught_up(TaskListView())
    row = await task_list.get(log.connection, task)
    assert row
    assert (row.title, row.description, row.status) == ("poison", "after", Status.COMPLETED)
    assert await dead_events(log.connection, discarded=True) == []


async def test_a_retry_brings_a_task_whose_creation_was_dead(log: Log) -> None:
    task = await log.happened(TaskCreated(owner=ADA, title="poison"), TaskCompleted())
    await log.folded(Choosy())
    assert await log.rows(TaskListView()) == []
    assert await retry(log.connection, TaskListView(), task, EVENTS) is None
    row = await task_list.get(log.connection, task)
    assert row
    assert (row.title, row.version) == ("poison", 2)


async def test_a_retry_takes_in_no_more_than_the_view_has_seen(log: Log) -> None:
    task = await log.happened(GOOD, POISON)
    await log.folded(Choosy())
    await log.append_to(task, TaskTagged(tags=("once",)), version=3)
    assert await retry(log.connection, TaskListView(), task, EVENTS) is None
    await log.folded(TaskListView())
    row = await task_list.get(log.connection, task)
    assert row
    assert row.tags == ("once",)


async def test_a_retry_in_vain_changes_nothing_and_says_why(log: Log) -> None:
    task = await log.happened(GOOD, POISON)
    await log.folded(Choosy())
    before = await log.rows(TaskListView())
    assert "poison" in (await retry(log.connection, Choosy(), task, EVENTS) or "")
    assert await log.rows(TaskListView()) == before
    assert len(await dead_events(log.connection)) == 1


async def test_history_is_mended_by_a_rebuild_and_not_in_place(log: Log) -> None:
    task = await log.happened(TaskCreated(owner=ADA, title="nothing\0ness"))
    await log.folded(History())
    assert len(await dead_events(log.connection, view="history")) == 1
    with pytest.raises(NeedsRebuild, match="annals views rebuild history"):
        await retry(log.connection, History(), task, EVENTS)


async def test_a_discarded_event_counts_no_more_but_stays_on_record(log: Log) -> None:
    await log.happened(GOOD, POISON)
    await log.folded(Choosy())
    assert await discard(log.connection, "task_list", 2)
    assert not await discard(log.connection, "task_list", 2)
    assert await dead_events(log.connection) == []
    assert len(await dead_events(log.connection, discarded=True)) == 1
    assert (await view_state(log.connection, TaskListView(), EVENTS)).dead == 0
