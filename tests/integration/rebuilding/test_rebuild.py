"""A view is made anew beside the one that serves, and takes its place at once or not at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from domain.events.recorded import Recorded
from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from infrastructure.following.checkpoints import applied
from infrastructure.following.dead_events import dead_events, discard
from infrastructure.postgres.connections import connect
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.rebuilding.shadow_table import RebuildInProgress, shadow_of
from projections.view import View
from projections.views.accounts import Accounts
from projections.views.audit_trail.history import History
from projections.views.tasks.task_list import TaskListView, TaskRow
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA, NINE
from tests.support.processes.cli_process import annals, killed
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants", tags=("home",), due_at=NINE)


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def rebuilt(log: Log, view: View[Any], *, workers: int = 1) -> int:
    result = await rebuild(log.url, view, EVENTS, workers=workers, progress=lambda *_: None)
    return result.position


async def leftovers(log: Log) -> list[Any]:
    cursor = await log.connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rebuild%'"
        " UNION ALL SELECT application_name FROM notification_tracking"
        " WHERE application_name LIKE 'rebuild%'"
    )
    return await cursor.fetchall()


@pytest.mark.parametrize(
    "view", [TaskListView(), History(), Accounts()], ids=lambda view: view.name
)
async def test_a_rebuilt_view_is_the_same_as_the_one_that_followed(
    log: Log, view: View[Any]
) -> None:
    for number in range(5):
        await log.happened(CREATED, TaskUpdated(title=f"Task {number}"), TaskCompleted())
    await log.folded(view, batch=4)
    followed = await log.rows(view)
    assert await rebuilt(log, view) == await log.end() == await applied(log.connection, view.name)
    assert await log.rows(view) == followed
    assert len(followed) == {"task_list": 5, "history": 15, "accounts": 0}[view.name]
    assert await leftovers(log) == []


async def test_a_rebuilt_table_has_all_that_the_old_one_had(log: Log) -> None:
    await log.happened(CREATED)
    for view in (TaskListView(), History()):
        await log.folded(view)
        before = await described(log, view)
        await rebuilt(log, view)
        assert await described(log, view) == before


async def described(log: Log, view: View[Any]) -> list[tuple[Any, ...]]:
    """Columns, indexes, constraints, triggers, options and grants, as PostgreSQL tells them."""
    cursor = await log.connection.execute(
        "WITH t AS (SELECT c.* FROM pg_class c WHERE c.relname LIKE %s"
        " AND c.relkind IN ('r', 'p') AND c.relnamespace = 'views'::regnamespace)"
        " SELECT relname, 'column', attname, format_type(atttypid, atttypmod) || attnotnull"
        "   FROM t JOIN pg_attribute ON attrelid = oid WHERE attnum > 0"
        " UNION ALL SELECT relname, 'index', pg_get_indexdef(indexrelid), NULL"
        "   FROM t JOIN pg_index ON indrelid = oid"
        " UNION ALL SELECT relname, 'constraint', conname, pg_get_constraintdef(o.oid)"
        "   FROM t JOIN pg_constraint o ON conrelid = t.oid"
        " UNION ALL SELECT relname, 'trigger', pg_get_triggerdef(g.oid), tgenabled::text"
        "   FROM t JOIN pg_trigger g ON tgrelid = t.oid"
        " UNION ALL SELECT relname, 'options', reloptions::text, relacl::text FROM t"
        " ORDER BY 1, 2, 3, 4",
        (f"{view.name}%",),
    )
    return await cursor.fetchall()


async def test_everyone_goes_on_reading_and_writing_during_a_rebuild(log: Log) -> None:
    for _ in range(50):
        await log.happened(CREATED, TaskUpdated(title="Drown them"))
    done = asyncio.Event()
    counts = []

    async def write() -> None:
        while not done.is_set():
            await log.happened(CREATED, TaskCompleted())

    async def read() -> None:
        async with await connect(log.url) as connection:
            while not done.is_set():
                cursor = await connection.execute("SELECT count(*) FROM task_list")
                counts.append((await cursor.fetchone() or (0,))[0])

    async with following(log.url, TaskListView()), asyncio.TaskGroup() as group:
        group.create_task(write())
        await log.caught_up(TaskListView())
        group.create_task(read())
        for _ in range(3):
            await rebuilt(log, TaskListView())
        done.set()
    assert counts == sorted(counts)  # no reader ever saw a task vanish
    await log.folded(TaskListView())
    followed = await log.rows(TaskListView())
    await rebuilt(log, TaskListView())
    assert await log.rows(TaskListView()) == followed
    assert len(followed) > 50


async def test_the_live_projector_goes_on_in_the_new_table(log: Log) -> None:
    async with following(log.url, TaskListView()):
        await log.happened(CREATED)
        await log.caught_up(TaskListView())
        await rebuilt(log, TaskListView())
        await log.happened(CREATED)
        await log.caught_up(TaskListView())
    assert len(await log.rows(TaskListView())) == 2


async def test_many_processes_fold_the_same_rows_as_one(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.rebuilding.bulk_fold.RANGE_EVENTS", 20)
    for number in range(40):
        await log.happened(CREATED, TaskUpdated(title=f"Task {number}"), TaskCompleted())
    await rebuilt(log, History(), workers=1)
    alone = await log.rows(History())
    await rebuilt(log, History(), workers=2)
    assert await log.rows(History()) == alone
    assert len(alone) == 120


class Choosy(TaskListView):
    """Cannot take a task called poison."""

    def evolve(self, row: TaskRow | None, recorded: Recorded) -> TaskRow | None:
        if isinstance(recorded.event, TaskCreated) and recorded.event.title == "poison":
            raise ZeroDivisionError("poison")
        return super().evolve(row, recorded)


async def test_a_rebuild_goes_on_past_an_event_that_the_view_fails_to_process(log: Log) -> None:
    await log.happened(CREATED)
    poisoned = await log.happened(TaskCreated(owner=ADA, title="poison"), TaskCompleted())
    await log.happened(CREATED, TaskCompleted())
    await log.folded(Choosy())
    followed = await log.rows(TaskListView())
    await rebuilt(log, Choosy())
    assert await log.rows(TaskListView()) == followed
    (parked,) = await dead_events(log.connection)
    assert (parked.view, parked.position, parked.stream) == ("task_list", 2, poisoned)
    assert "ZeroDivisionError" in parked.error
    assert await leftovers(log) == []


async def test_a_discarded_event_that_still_fails_remains_discarded(log: Log) -> None:
    await log.happened(TaskCreated(owner=ADA, title="poison"))
    await log.folded(Choosy())
    assert await discard(log.connection, "task_list", 1)
    await rebuilt(log, Choosy())
    assert await dead_events(log.connection) == []
    assert [event.position for event in await dead_events(log.connection, discarded=True)] == [1]


@pytest.mark.parametrize("view", [TaskListView(), History()], ids=lambda view: view.name)
async def test_a_rebuild_leaves_out_just_the_event_whose_row_cannot_be_written(
    log: Log, view: View[Any]
) -> None:
    await log.happened(CREATED, TaskUpdated(title="nothing\0ness"), TaskCompleted())
    await log.happened(CREATED)
    await log.folded(view, batch=1)
    followed = await log.rows(view)
    live = await dead_events(log.connection)
    await rebuilt(log, view)
    assert await log.rows(view) == followed
    found = await dead_events(log.connection)
    assert [event.position for event in found] == [event.position for event in live] != []


async def test_a_view_beyond_the_end_of_the_log_is_rebuilt_and_comes_back_to_the_end(
    log: Log,
) -> None:
    await log.happened(CREATED)
    await log.folded(TaskListView())
    await log.connection.execute("UPDATE notification_tracking SET notification_id = 1000000")
    assert await rebuilt(log, TaskListView()) == await log.end()
    assert await applied(log.connection, "task_list") == await log.end()
    assert len(await log.rows(TaskListView())) == 1


async def test_a_rebuild_brings_the_dead_back_to_life(log: Log) -> None:
    await log.happened(TaskCreated(owner=ADA, title="poison"))
    await log.folded(Choosy())
    assert len(await dead_events(log.connection)) == 1
    await rebuilt(log, TaskListView())
    assert await dead_events(log.connection, discarded=True) == []
    assert len(await log.rows(TaskListView())) == 1


async def test_one_view_is_rebuilt_by_one_process_at_a_time(log: Log) -> None:
    async with await connect(log.url) as other, shadow_of(other, TaskListView()):
        with pytest.raises(RebuildInProgress):
            await rebuilt(log, TaskListView())


async def test_a_rebuild_killed_while_it_waits_to_swap_leaves_everything_as_it_was(
    log: Log,
) -> None:
    for _ in range(10):
        await log.happened(CREATED, TaskCompleted())
    await log.folded(TaskListView())
    before = await log.rows(TaskListView())

    async def swapping() -> bool:
        cursor = await log.connection.execute(
            "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE mode = 'AccessExclusiveLock' AND NOT granted AND query LIKE 'LOCK TABLE%'"
        )
        return await cursor.fetchone() is not None

    async with await connect(log.url) as reader:
        async with reader.transaction():
            await reader.execute("SELECT 1 FROM task_list")  # a lock the swap has to wait for
            with annals("views", "rebuild", "task_list", database=log.url) as process:
                await until(swapping, within=20)
                await killed(process)
        assert await log.rows(TaskListView()) == before
        assert await leftovers(log) != []
        await log.happened(CREATED)
        async with following(log.url, TaskListView()):
            await log.caught_up(TaskListView())  # nobody is locked out
        followed = await log.rows(TaskListView())
        await rebuilt(log, TaskListView())
    assert await log.rows(TaskListView()) == followed
    assert len(followed) == 11
    assert await leftovers(log) == []


@pytest.mark.parametrize("table", ["history", "history_2030_01"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET actor = 'nobody'", "DELETE FROM {}", "TRUNCATE {}"]
)
async def test_history_refuses_to_be_changed_also_when_rebuilt(
    log: Log, owner_url: str, table: str, statement: str
) -> None:
    await log.happened(CREATED)
    for attempt in (log.folded, lambda view: rebuilt(log, view)):
        await attempt(History())
        with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
            await log.connection.execute(statement.format(table))
        # Not even in a session that says it only copies what another server did.
        with psycopg.connect(owner_url, autocommit=True) as superuser:
            superuser.execute("SET session_replication_role = replica")
            with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
                superuser.execute(statement.format(f"views.{table}"))
