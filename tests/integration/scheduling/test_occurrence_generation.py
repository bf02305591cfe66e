"""Occurrences on a real log: each made once, whoever is killed, and none by reading it again."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from msgspec.structs import replace
from psycopg import AsyncConnection

from application.command_handler import CommandHandler
from application.commands.occurrence_changes import ChangeOccurrences, SkipOccurrence
from application.commands.recurrence import SeriesScope, SetRecurrence
from application.commands.tasks import CompleteTask, CreateTask
from application.reactions.recurrence_reaction import ContinueRecurrence
from domain.events.occurrences import TaskMadeRecurring, TaskOccurrenceGenerated
from domain.events.series import SeriesOccurrenceMissed, SeriesOccurrencesMade
from domain.events.tasks import TaskCompleted, TaskCreated
from domain.generation import HORIZON
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.recurrence.recurrence import between
from domain.series import Series
from domain.values.schedule import Materialization, MissedPolicy, Schedule, Template
from domain.values.series_tasks import SeriesTask
from domain.values.streams import occurrence_stream
from domain.values.task_fields import TaskContentChange, TaskFields
from domain.vocabulary import SeriesId, TaskId
from infrastructure.following.checkpoints import begin
from infrastructure.postgres.connections import connect
from infrastructure.projecting.reactor import Reactor
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from projections.catalogue import VIEWS
from projections.views.tasks.occurrences import Occurrences
from projections.views.tasks.series_list import SeriesList, to_top_up
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA, context, history
from tests.support.waiting import until

SERIES, ROUNDS = 500, 5
EVERY = 3  # days
ZONE = zone("Europe/Berlin")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


@pytest.fixture
async def commands(database_url: str) -> AsyncIterator[CommandHandler]:
    store = PostgresEventStore(partial(connect, database_url), RecordMapper())
    yield CommandHandler(store)
    await store.close()


def start() -> datetime:
    """Tomorrow at nine on the wall."""
    tomorrow = wall_clock(datetime.now(UTC), ZONE) + timedelta(days=1)
    return tomorrow.replace(hour=9, minute=0, second=0, microsecond=0)


async def begun(
    log: Log, number: int, schedule: Schedule, *, at: datetime | None = None
) -> SeriesId:
    """Record a task and the series it is the first of, as SetRecurrence would."""
    task, series = TaskId(UUID(int=number)), SeriesId(UUID(int=10**9 + number))
    first = SeriesTask(occurrence=schedule.start, task_id=task)
    due_at = resolve(schedule.start, ZONE)
    place = TaskMadeRecurring(
        series_id=series, occurrence=schedule.start, due_at=due_at, tzdata="2026.6"
    )
    template = Template(title=f"Task {number}")
    at = at or datetime.now(UTC)
    created = TaskCreated(owner=ADA, title=template.title, due_at=due_at)
    await log.append(
        *history(created, place, stream=task, at=at),
        *history(*Series.start(ADA, template, schedule, first), stream=series, at=at),
    )
    return series


async def react(log: Log, commands: CommandHandler) -> None:
    """Let the reaction follow the log to its end, and what it led to itself."""
    reactor = Reactor(ContinueRecurrence(), commands, EVENTS)
    position = await begin(log.connection, ContinueRecurrence.name)
    while (reached := await reactor.advance(log.connection, position, limit=1000)) > position:
        position = reached


async def generated(log: Log) -> list[tuple[UUID, datetime, UUID]]:
    """Every occurrence made: its series, its wall time and its task."""
    made: list[tuple[UUID, datetime, UUID]] = []
    after = 0
    while True:
        page = await EVENTS.read(log.connection, after)
        for entry in page.entries:
            event = getattr(entry, "event", None)
            if isinstance(event, TaskOccurrenceGenerated):
                made.append((event.series_id, event.occurrence, entry.originator_id))
        if page.horizon == after:
            return made
        after = page.horizon


@contextmanager
def worker(url: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.processes.top_up_process", url]
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_two_workers_killed_again_and_again_make_every_occurrence_once(
    log: Log, owner_url: str
) -> None:
    schedule = Schedule(
        rule=f"FREQ=DAILY;INTERVAL={EVERY}",
        start=start(),
        timezone="Europe/Berlin",
        ahead=Materialization.HORIZON,
    )
    began = datetime.now(UTC)
    series: list[SeriesId] = []
    chance = random.Random(7)

    async def behind() -> bool:
        return bool(await to_top_up(log.connection, datetime.now(UTC) + HORIZON, limit=1))

    async with (
        following(log.url, SeriesList()),
        await AsyncConnection.connect(owner_url, autocommit=True) as gate,
    ):
        for _ in range(ROUNDS):
            numbers = range(len(series) + 1, len(series) + SERIES // ROUNDS + 1)
            series += [await begun(log, number, schedule) for number in numbers]
            await log.caught_up(SeriesList())
            before = await log.end()
            with worker(log.url) as one, worker(log.url) as other:
                # Both are in the middle of an append, and cannot end it, when one is killed.
                async with gate.transaction():
                    await gate.execute("LOCK TABLE stored_events IN SHARE MODE")
                    await until(lambda: both_wait(log), within=60)
                    chance.choice((one, other)).kill()
                await until(partial(grown, log, before), within=60)
                await asyncio.sleep(chance.uniform(0.0, 0.3))
            # The block killed the other in the middle of whatever it did by then.
        with worker(log.url):
            await until(lambda: nothing(behind), within=120)
        await log.caught_up(SeriesList())
    made = await generated(log)
    assert len(made) == len(set(made))
    # What the calendar has, counted another way.
    first = schedule.start.toordinal()
    until_ = wall_clock(began + HORIZON, ZONE)
    days = range(first + EVERY, until_.toordinal() + 1, EVERY)
    expected = [datetime.combine(datetime.fromordinal(n), schedule.start.time()) for n in days]
    expected = [wall for wall in expected if resolve(wall, ZONE) <= began + HORIZON]
    assert set(made) == {
        (one, wall, occurrence_stream(one, wall)) for one in series for wall in expected
    }
    assert expected == between(schedule.recurrence, schedule.start, expected[-1])


async def both_wait(log: Log) -> bool:
    """Whether two workers wait for the lock on the log."""
    cursor = await log.connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE '%%topping up%%' AND wait_event_type = 'Lock'"
    )
    return await cursor.fetchone() == (2,)


async def grown(log: Log, before: int) -> bool:
    return await log.end() > before


async def nothing(behind: Callable[[], Awaitable[bool]]) -> bool:
    return not await behind()


@pytest.mark.parametrize("policy", MissedPolicy)
async def test_three_weeks_without_us_end_as_the_policy_says(
    log: Log, commands: CommandHandler, policy: MissedPolicy
) -> None:
    began = start() - timedelta(days=22)  # 21 have passed since, the last this morning or so
    while resolve(began + timedelta(days=21), ZONE) > datetime.now(UTC):
        began -= timedelta(days=1)
    schedule = Schedule(rule="FREQ=DAILY", start=began, timezone="Europe/Berlin", missed=policy)
    done = resolve(began, ZONE)
    series = await begun(log, 1, schedule, at=done - timedelta(days=1))
    completed = history(TaskCompleted(), stream=UUID(int=1), at=done)[0]
    await log.append(replace(completed, originator_version=3))
    await react(log, commands)
    stream = await EVENTS.stream(log.connection, series, until=await log.end())
    facts = [getattr(entry, "event", None) for entry in stream]
    missed = [fact.occurrence for fact in facts if isinstance(fact, SeriesOccurrenceMissed)]
    made = [
        one.occurrence
        for fact in facts
        if isinstance(fact, SeriesOccurrencesMade)
        for one in fact.made
    ]
    passed = [began + timedelta(days=n) for n in range(1, 22)]
    following_ = began + timedelta(days=22)
    if policy is MissedPolicy.SKIP:
        assert (missed, made) == (passed, [following_])
    else:
        assert (missed, made) == ([], [*passed, following_])


async def test_reading_the_whole_log_again_creates_no_task(
    log: Log, commands: CommandHandler
) -> None:
    await some_life(log, commands)
    end = await log.end()
    for view in VIEWS:
        await rebuild(log.url, view, EVENTS, workers=1, progress=lambda *_: None)
    assert await log.end() == end
    # Even a reaction that has forgotten where it was asks in vain.
    await log.connection.execute(
        "UPDATE notification_tracking SET notification_id = 0 WHERE application_name = %s",
        (ContinueRecurrence.name,),
    )
    await react(log, CommandHandler(commands._store))
    assert await log.end() == end


@pytest.mark.parametrize("batch", [1, 7, 1000])
async def test_views_of_series_made_anew_are_the_same(
    log: Log, commands: CommandHandler, batch: int
) -> None:
    await some_life(log, commands)
    for view in VIEWS:
        await log.folded(view, batch=batch)
        followed = await log.rows(view)
        await rebuild(log.url, view, EVENTS, workers=1, progress=lambda *_: None)
        assert await log.rows(view) == followed
    states = [row.state for row in await log.rows(Occurrences())]
    assert {"open", "completed", "skipped", "missed"} <= set(states)


async def some_life(log: Log, commands: CommandHandler) -> None:
    """Let two series be begun, done, skipped, missed, changed and split."""
    now = datetime.now(UTC)
    past = Schedule(rule="FREQ=DAILY", start=start() - timedelta(days=9), timezone="Europe/Berlin")
    await begun(log, 1, past)
    await commands.handle(CompleteTask(task_id=TaskId(UUID(int=1))), context(now=now))
    await react(log, commands)
    create = CreateTask(
        task_id=TaskId(UUID(int=2)), owner=ADA, fields=TaskFields(title="Water the plants")
    )
    await commands.handle(create, context(now=now))
    series = SeriesId(UUID(int=77))
    recur = SetRecurrence(
        task_id=create.task_id,
        series_id=series,
        rule="FREQ=WEEKLY",
        timezone="Europe/Berlin",
        start=start(),
        ahead=Materialization.HORIZON,
    )
    await commands.handle(recur, context(now=now))
    await react(log, commands)
    made = list((await commands.current_state(Series(), series)).tasks.values())
    await commands.handle(SkipOccurrence(task_id=made[1]), context(now=now))
    await commands.handle(CompleteTask(task_id=made[2]), context(now=now))
    split = ChangeOccurrences(
        task_id=made[4],
        series_id=SeriesId(UUID(int=78)),
        scope=SeriesScope.FOLLOWING,
        change=TaskContentChange(title="Feed the cat"),
    )
    await commands.handle(split, context(now=now))
    await react(log, commands)
