"""A listener is told to read everything again in place of an event that cannot be read."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from application.ports.live import Closed, LiveEvent, Resync
from domain.events.preferences import AddressVerified
from domain.events.tasks import TaskCompleted
from domain.vocabulary import AccountId
from infrastructure.live.listener import FeedListener
from infrastructure.live.tail import LogTail
from projections.views.audit_trail.history import History
from tests.integration.live.test_tail import a_process, created
from tests.support.event_log import Log, following, open_log
from tests.support.facts import ADA, BOB
from tests.support.poison import DAMAGES, NEWER_TOPIC, insert, stored

pytestmark = pytest.mark.anyio


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log, following(database_url, History()):
        yield log


@pytest.fixture
async def live(log: Log) -> AsyncIterator[LogTail]:
    async with a_process(log.url) as live:
        yield live


def newer(log: Log, *, stream: UUID | None = None, version: int = 1) -> int:
    """Record an event of a newer release; return its position."""
    _, state = stored(TaskCompleted())
    state = state.replace(b"task.completed", NEWER_TOPIC.encode())
    return insert(log.url, (NEWER_TOPIC, state), stream=stream, version=version)


async def heard(
    log: Log, listener: FeedListener, owner: AccountId
) -> tuple[list[LiveEvent], list[Resync]]:
    """Return what the listener gets up to an event of its owner that is recorded now."""
    await log.happened(created(owner))
    end, events, resyncs = await log.end(), list[LiveEvent](), list[Resync]()
    async with asyncio.timeout(30):
        while listener.position < end:
            more = await listener.next_events(timeout_seconds=1)
            if isinstance(more, Resync):
                resyncs.append(more)
            else:
                events += more
    return events, resyncs


async def test_the_owner_is_told_and_nobody_else(log: Log, live: LogTail) -> None:
    task = await log.happened(created(ADA))
    async with live.listen(ADA) as ada, live.listen(BOB) as bob:
        with capture_logs() as lines:
            gap = newer(log, stream=task, version=2)
            _, [resync] = await heard(log, ada, ADA)
            assert resync.position >= gap
        assert (await heard(log, bob, BOB))[1] == []
    [line] = [line for line in lines if line["event"] == "live_event_unreadable"]
    assert (line["position"], line["topic"], line["stream"]) == (gap, NEWER_TOPIC, str(task))
    assert (live.gaps, live.resyncs) == (1, 1)


async def test_everybody_is_told_where_nobody_knows_whose_it_is(log: Log, live: LogTail) -> None:
    async with live.listen(ADA) as ada, live.listen(BOB) as bob:
        newer(log)
        assert len((await heard(log, ada, ADA))[1]) == 1
        assert len((await heard(log, bob, BOB))[1]) == 1


async def test_nobody_is_told_of_what_is_private(log: Log, live: LogTail) -> None:
    topic, state = stored(AddressVerified(address="ada@annals.example"))
    async with live.listen(ADA) as ada:
        insert(log.url, (topic, DAMAGES["half a state"](state)))
        events, resyncs = await heard(log, ada, ADA)
    assert (len(events), resyncs, live.gaps) == (1, [], 0)


@pytest.mark.parametrize("how", ["parked", "parked and discarded", "taken in before"])
async def test_who_comes_back_is_told_of_what_came_meanwhile(
    log: Log, live: LogTail, owner_url: str, how: str
) -> None:
    """Whether the history view has parked it, or a newer release took it in before a rollback."""
    task = await log.happened(created(ADA))
    end = await log.end()
    if how == "taken in before":
        gap = await log.append_to(task, TaskCompleted(), version=2)
        await log.caught_up(History())
        with psycopg.connect(owner_url) as connection:
            connection.execute("ALTER TABLE stored_events DISABLE TRIGGER USER")
            connection.execute(
                "UPDATE stored_events SET topic = %s, state = 'x' WHERE notification_id = %s",
                (NEWER_TOPIC, gap),
            )
            connection.execute("ALTER TABLE stored_events ENABLE TRIGGER USER")
    else:
        gap = newer(log, stream=task, version=2)
        await log.caught_up(History())
    if how == "parked and discarded":
        await log.connection.execute("UPDATE dead_events SET discarded_at = now()")
    async with live.listen(ADA, after=end) as ada, live.listen(BOB, after=end) as bob:
        _, [resync] = await heard(log, ada, ADA)
        assert resync.position >= gap
        assert (await heard(log, bob, BOB))[1] == []


async def test_resyncs_for_many_such_events_are_some_time_apart(log: Log, live: LogTail) -> None:
    task = await log.happened(created(ADA))
    async with live.listen(ADA) as ada:
        newer(log, stream=task, version=2)
        assert len((await heard(log, ada, ADA))[1]) == 1
        for version in range(3, 20):
            newer(log, stream=task, version=version)
        assert await ada.next_events(timeout_seconds=0.1) == ()
        live.close()
        with pytest.raises(Closed):
            await ada.next_events(timeout_seconds=60)
    assert live.resyncs == 1
