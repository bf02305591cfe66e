"""New zones move what is due, as events, and only what nobody moved by hand."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command_handler import CommandHandler
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.recorded import AnyEvent
from domain.events.tasks import TaskCompleted, TaskRescheduled
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.series import Series
from domain.task import Task
from domain.values.schedule import Schedule, Template
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import SeriesId, TaskId
from infrastructure.postgres.connections import connect
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from projections.views.tasks.occurrences import Occurrences
from projections.views.tasks.series_list import SeriesList
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA, history

SERIES = SeriesId(UUID(int=0x5E))
BERLIN = zone("Europe/Berlin")
WALL = datetime(2035, 7, 1, 9)  # noqa: DTZ001 - a wall time
NOW_DUE = resolve(WALL, BERLIN)
# As if it had been generated before Berlin changed its mind about summer time.
THEN_DUE = NOW_DUE + timedelta(hours=1)
OLD = TaskOccurrenceGenerated(
    owner=ADA,
    title="Water the plants",
    due_at=THEN_DUE,
    series_id=SERIES,
    occurrence=WALL,
    tzdata="2020.1",
)


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        schedule = Schedule(rule="FREQ=YEARLY", start=WALL, timezone="Europe/Berlin")
        first = SeriesTask(occurrence=WALL, task_id=log_task(0))
        started = Series.start(ADA, Template(title="Water the plants"), schedule, first)
        await log.append(*history(*started, stream=SERIES))
        yield log


def log_task(number: int) -> TaskId:
    return TaskId(UUID(int=number))


def retime(url: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli", "series", "retime", *options],
        env=os.environ | {"ANNALS_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


async def due(log: Log, number: int) -> datetime | None:
    store = PostgresEventStore(partial(connect, log.url), RecordMapper())
    try:
        return (await CommandHandler(store).current_state(Task(), log_task(number))).due_at
    finally:
        await store.close()


async def happened(log: Log, *lives: Sequence[AnyEvent]) -> None:
    """Record these lives, of tasks numbered from 1, and show them in the views."""
    for number, life in enumerate(lives, start=1):
        await log.append(*history(*life, stream=log_task(number)))
    for view in (SeriesList(), Occurrences()):
        await log.folded(view)


async def test_a_dry_run_shows_what_would_move_and_moves_nothing(log: Log) -> None:
    await happened(log, [OLD])
    end = await log.end()
    said = retime(log.url, "--dry-run")
    assert f"{THEN_DUE:%Y-%m-%dT%H:%MZ} -> {NOW_DUE:%Y-%m-%dT%H:%MZ}" in said
    assert said.endswith("1 task would move.\n")
    assert await log.end() == end


async def test_what_moves_is_told_by_an_event_and_moves_once(log: Log) -> None:
    await happened(log, [OLD])
    assert retime(log.url).endswith("1 task moved.\n")
    assert await due(log, 1) == NOW_DUE
    await log.folded(Occurrences())
    (row,) = await log.rows(Occurrences())
    assert (row.due_at, row.resolved_at, row.tzdata) == (NOW_DUE, NOW_DUE, ZONES_VERSION)
    assert retime(log.url).endswith("0 tasks moved.\n")


async def test_what_somebody_moved_or_did_and_what_is_past_stays(log: Log) -> None:
    moved = TaskRescheduled(due_at=THEN_DUE + timedelta(days=1))
    past = replace(OLD, due_at=datetime.now(UTC) - timedelta(days=1))
    right = replace(OLD, due_at=NOW_DUE)
    await happened(log, [OLD, moved], [OLD, TaskCompleted()], [past], [right])
    assert retime(log.url) == "0 tasks moved.\n"
