"""The log was restored to an earlier moment, and the views and the positions were not."""

import asyncio
from contextlib import suppress
from functools import partial

import psycopg
import pytest

from application.command_handler import CommandHandler
from domain.events.tasks import TaskCompleted
from infrastructure.following.cached_log import CachedLog
from infrastructure.following.checkpoints import lost_readers
from infrastructure.projecting.projector import project
from infrastructure.rebuilding.recovery import refold
from infrastructure.store.mapper import RecordMapper
from projections.views.audit_trail.history import History
from projections.views.tasks.task_list import TaskListView
from tests.integration.history.test_positions import CREATED
from tests.support.event_log import Log, open_log
from tests.support.processes.dev_process import annals
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

KEPT, LOST = 5, 5
VIEWS = (History(), TaskListView())


def restore_log(url: str, *, until: int) -> None:
    """Put back the log alone, as it was; nobody notices, and the sequence says what it said."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE stored_events DISABLE TRIGGER USER")
        connection.execute("DELETE FROM stored_events WHERE notification_id > %s", (until,))
        connection.execute("ALTER TABLE stored_events ENABLE TRIGGER USER")


async def losing(log: Log, owner_url: str) -> list[int]:
    """Lose the last events; return their positions."""
    for _ in range(KEPT):
        await log.happened(CREATED)
    end = await log.end()
    for _ in range(LOST):
        await log.happened(CREATED, TaskCompleted())
    for view in VIEWS:
        await log.folded(view)
    positions = [fact.position for fact in await log.facts() if fact.position > end]
    await log.connection.execute(
        "INSERT INTO notification_tracking VALUES ('relay', %s), ('enqueue', %s)",
        (positions[-1], end),
    )
    restore_log(owner_url, until=end)
    return positions


async def test_a_living_projector_refolds_the_views_itself(
    database_url: str, owner_url: str
) -> None:
    async with open_log(database_url) as log:
        lost = await losing(log, owner_url)
        assert set(await lost_readers(log.connection)) == {"history", "task_list", "relay"}
        running = asyncio.create_task(
            project(
                database_url,
                CachedLog(RecordMapper()),
                views=VIEWS,
                commands=CommandHandler(log.store),
                refold=partial(refold, database_url),
            )
        )

        async def refolded() -> bool:
            return set(await lost_readers(log.connection)) == {"relay"}

        await until(refolded, within=20)
        task = await log.happened(CREATED)
        for view in VIEWS:
            await log.caught_up(view)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert len(await log.rows(TaskListView())) == KEPT + 1
        assert task in {row.id for row in await log.rows(TaskListView())}
    listed = annals("recover", database_url=database_url)
    assert listed.returncode == 0, listed.stderr
    for position in lost:
        assert f"at position {position:,} " in listed.stdout


async def test_one_command_brings_all_readers_back_and_lists_what_was_lost(
    database_url: str, owner_url: str
) -> None:
    async with open_log(database_url) as log:
        lost = await losing(log, owner_url)
        end = await log.end()
        listed = annals("views", database_url=database_url)
        assert listed.stdout.count("beyond the log") == 2
        for words in (("recover", "--dry-run"), ("recover",)):
            found = annals(*words, database_url=database_url)
            assert found.returncode == 0, found.stderr
            lines = found.stdout.splitlines()
            assert [line for line in lines if line.startswith("lost: ")] == [
                line for position in lost for line in lines if f"at position {position:,} " in line
            ]
            assert len(lines) == 2 * LOST + 3
            assert {line.partition(":")[0] for line in lines[2 * LOST :]} == {
                "history",
                "task_list",
                "relay",
            }
        assert await lost_readers(log.connection) == {}
        cursor = await log.connection.execute(
            "SELECT notification_id FROM notification_tracking WHERE application_name = 'relay'"
        )
        assert await cursor.fetchone() == (end,)
        assert len(await log.rows(TaskListView())) == KEPT
        again = annals("recover", database_url=database_url)
        assert again.stdout == "No reader is beyond the log.\n"
        # Positions that were lost are never given again, and every process forgets.
        await log.happened(CREATED)
        assert await log.end() > lost[-1] + 2**23
