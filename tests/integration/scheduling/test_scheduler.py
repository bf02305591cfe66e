"""After downtime a reminder rings once; one that is too old by then is recorded as missed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from application.command_handler import CommandHandler
from domain.events.identity.accounts import AccountDeleted, AccountDisabled, AccountRegistered
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderSet
from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId, ReminderId
from infrastructure.postgres.connections import connect
from infrastructure.scheduling.periodic import Job
from infrastructure.scheduling.scheduler import ReminderDispatcher, schedule
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from projections.views.accounts import Accounts
from projections.views.reminders.due_reminders import DueReminders
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

WINDOW = timedelta(hours=24)


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


@asynccontextmanager
async def scheduling(log: Log, *jobs: Job) -> AsyncIterator[None]:
    store = PostgresEventStore(partial(connect, log.url), RecordMapper())
    commands = CommandHandler(store)
    task = asyncio.create_task(schedule(log.url, commands, window=WINDOW, jobs=jobs))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await store.close()


async def due(log: Log, owner: AccountId = ADA, **ago: float) -> UUID:
    """Let a reminder have been due so long ago; return its task."""
    moment = datetime.now(UTC) - timedelta(**ago)
    ring = ReminderSet(reminder_id=ReminderId(uuid4()), owner=owner, due_at=moment)
    return await log.happened(TaskCreated(owner=owner, title="Water the plants"), ring)


async def fates(log: Log, *tasks: UUID) -> list[list[str]]:
    found = []
    for task in tasks:
        facts = await EVENTS.stream(log.connection, task, until=10**9)
        found.append([type(f.event).__name__ for f in facts[2:] if isinstance(f, Recorded)])
    return found


async def test_downtime_costs_time_and_only_what_is_too_old_is_missed(log: Log) -> None:
    tasks = await due(log, hours=1), await due(log, hours=23), await due(log, hours=25)
    await log.folded(DueReminders())
    expected = [["ReminderTriggered"], ["ReminderTriggered"], ["ReminderMissed"]]

    async def settled() -> bool:
        return await fates(log, *tasks) == expected

    async with scheduling(log):
        await until(settled, within=30)
    # The view did not follow: it goes on showing them as due, and still none rings twice.
    again = ReminderDispatcher(log.connection, CommandHandler(log.store), WINDOW)
    assert await again.dispatch_due(datetime.now(UTC)) == len(tasks)
    assert await fates(log, *tasks) == expected


async def test_no_reminder_of_a_disabled_or_deleted_account_is_sent(log: Log) -> None:
    ends = AccountDisabled(reason=""), AccountDeleted()
    registered = AccountRegistered(email="ada@annals.example", name="Ada")
    disabled, deleted = [AccountId(await log.happened(registered, end)) for end in ends]
    tasks = await due(log, hours=1), await due(log, disabled, hours=1), await due(log, deleted)
    await log.folded(DueReminders())
    await log.folded(Accounts())
    expected = [["ReminderTriggered"], ["ReminderMissed"], ["ReminderCancelled"]]

    async def settled() -> bool:
        return await fates(log, *tasks) == expected

    async with scheduling(log):
        await until(settled, within=30)


async def test_an_earlier_reminder_wakes_the_scheduler(log: Log) -> None:
    async with following(log.url, DueReminders()), scheduling(log):
        later = await due(log, hours=-1)
        await log.caught_up(DueReminders())
        soon = await due(log, seconds=-0.5)

        async def rang() -> bool:
            return await fates(log, soon) == [["ReminderTriggered"]]

        await until(rang, within=20)  # long before it would look by itself, every 30 s
        assert await fates(log, later) == [[]]


async def test_a_job_that_fails_is_done_again_and_holds_up_no_reminder(log: Log) -> None:
    rounds = []

    async def fail() -> None:
        rounds.append(1)
        raise ZeroDivisionError

    task = await due(log, minutes=1)
    await log.folded(DueReminders())
    async with scheduling(log, Job(name="fail", every=timedelta(seconds=0.05), run=fail)):

        async def both() -> bool:
            return len(rounds) > 2 and await fates(log, task) == [["ReminderTriggered"]]

        await until(both, within=10)
