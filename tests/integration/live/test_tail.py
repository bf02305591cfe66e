"""Each account is told what concerns it: in order, without gaps, nothing of anybody else's."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import msgspec
import pytest

from application.ports.live import Closed, LiveEvent, Resync
from domain.events.notifications import NotificationRequested
from domain.events.recorded import AnyEvent
from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from domain.vocabulary import AccountId, ChannelName, Topic
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.live.feed import merged
from infrastructure.live.listener import FeedListener
from infrastructure.live.tail import LogTail
from infrastructure.postgres.connections import query_pool
from infrastructure.postgres.queries import QueryRunner
from infrastructure.rebuilding.rebuild import rebuild
from projections.catalogue import VIEWS
from projections.publishing.cloud_events import to_cloud_event
from projections.publishing.public_events import PUBLIC_EVENT_LIST
from projections.views.audit_trail.history import History
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA, BOB, EIGHT, TASK, recorded

pytestmark = pytest.mark.anyio


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log, following(database_url, History()):
        yield log


@asynccontextmanager
async def a_process(url: str) -> AsyncIterator[LogTail]:
    async with query_pool(url) as pool:
        questions = QueryRunner(pool)
        live = LogTail(url, EVENTS, questions, PostgresViewWaiter(questions), source="/annals")
        running = asyncio.create_task(live.run())
        try:
            yield live
        finally:
            running.cancel()


@pytest.fixture
async def live(log: Log) -> AsyncIterator[LogTail]:
    async with a_process(log.url) as live:
        yield live


def created(owner: AccountId = ADA) -> TaskCreated:
    return TaskCreated(owner=owner, title="Water the plants")


async def hear(listener: FeedListener, count: int) -> list[LiveEvent]:
    heard: list[LiveEvent] = []
    async with asyncio.timeout(30):
        while len(heard) < count:
            more = await listener.next_events(timeout_seconds=1)
            assert not isinstance(more, Resync)
            heard += more
    return heard


def said(told: LiveEvent) -> tuple[str, str]:
    event = msgspec.json.decode(told.json)
    assert event["sequence"] == str(told.position)
    return event["type"], event["subject"]


async def test_a_listener_hears_what_happens_from_now_on(log: Log, live: LogTail) -> None:
    await log.happened(created())
    async with live.listen(ADA, after=await log.end()) as listener:
        task = await log.happened(created(), TaskCompleted())
        heard = await hear(listener, 2)
    assert [said(told) for told in heard] == [
        ("task.created", str(task)),
        ("task.completed", str(task)),
    ]


async def test_nobody_hears_what_is_somebody_elses(log: Log, live: LogTail) -> None:
    async with live.listen(ADA) as ada, live.listen(BOB) as bob:
        for _ in range(10):
            await log.happened(created(ADA), TaskCompleted())
            await log.happened(created(BOB), TaskUpdated(title="Bob's"))
        mine, his = await hear(ada, 20), await hear(bob, 20)
        assert await ada.next_events(timeout_seconds=0.1) == ()
    assert {said(told)[0] for told in mine} == {"task.created", "task.completed"}
    assert {said(told)[0] for told in his} == {"task.created", "task.updated"}


async def test_who_comes_back_hears_what_was_missed_and_nothing_twice(
    log: Log, live: LogTail
) -> None:
    tasks = [await log.happened(created(), TaskCompleted()) for _ in range(10)]
    async with live.listen(ADA, after=0) as listener:
        everything = await hear(listener, 20)
    positions = [told.position for told in everything]
    assert positions == sorted(set(positions))
    assert [UUID(said(told)[1]) for told in everything[::2]] == tasks
    for told in everything[3:17:5]:
        async with live.listen(ADA, after=told.position) as again:
            assert await hear(again, 20 - everything.index(told) - 1) == [
                t for t in everything if t.position > told.position
            ]


async def test_a_listener_slower_than_its_feed_reads_on_in_the_log(
    log: Log, live: LogTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.live.feed.MAX_EVENTS_KEPT", 5)
    monkeypatch.setattr("infrastructure.live.feed.PAGE_EVENTS", 7)
    async with live.listen(ADA) as listener:
        tasks = [await log.happened(created(), TaskCompleted()) for _ in range(20)]
        heard = await hear(listener, 40)
        assert await listener.next_events(timeout_seconds=0.05) == ()
    assert [UUID(said(told)[1]) for told in heard[::2]] == tasks


async def test_who_is_too_far_behind_is_told_to_begin_anew(
    log: Log, live: LogTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.live.past_events.MAX_EVENTS_BEHIND", 8)
    for _ in range(10):
        await log.happened(created())
    end = await log.end()
    async with live.listen(ADA, after=0) as listener:
        async with asyncio.timeout(30):
            while not isinstance(more := await listener.next_events(timeout_seconds=1), Resync):
                assert more == ()
        assert more.position == listener.position
        assert more.position >= end
        await log.happened(created())
        assert len(await hear(listener, 1)) == 1


async def test_a_listener_outlives_a_lost_connection(log: Log, live: LogTail) -> None:
    async with live.listen(ADA) as listener:
        await log.happened(created())
        await hear(listener, 1)
        await log.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'annals live'"
        )
        await log.happened(created())
        assert len(await hear(listener, 1)) == 1


async def test_many_changes_of_one_task_in_a_row_come_as_one(log: Log, live: LogTail) -> None:
    live.rate = 2
    task = uuid4()
    async with live.listen(ADA) as listener:
        await log.append(recorded(created(), stream=task))
        events: list[AnyEvent] = [TaskUpdated(title="A"), TaskUpdated(description="B")]
        for version, event in enumerate(events * 10, start=2):
            await log.append(recorded(event, stream=task, version=version))
        await log.append(recorded(TaskCompleted(), stream=task, version=22))
        heard: list[LiveEvent] = []
        while not heard or heard[-1].type != "task.completed":
            heard += await hear(listener, 1)
    assert len(heard) < 22
    said_of_it = [msgspec.json.decode(told.json)["data"] for told in heard[1:-1]]
    folded = {key: value for data in said_of_it for key, value in data.items()}
    assert (folded["title"], folded["description"], folded["version"]) == ("A", "B", 21)
    positions = [told.position for told in heard]
    assert positions == sorted(set(positions))


def test_only_neighbours_merge() -> None:
    def told(position: int, subject: str, type_: str = "task.updated") -> LiveEvent:
        fact = recorded(TaskUpdated(title=str(position)), position=position)
        event = to_cloud_event(fact, ADA)
        assert event
        return LiveEvent(
            position=position, type=type_, subject=subject, json=msgspec.json.encode(event)
        )

    one = [told(1, "a"), told(2, "b"), told(3, "a"), told(4, "a", "task.tagged")]
    assert list(merged(one)) == one
    two = merged([told(1, "a"), told(2, "a"), told(3, "b")])
    assert [found.position for found in two] == [2, 3]
    assert said(two[0]) == ("task.updated", str(TASK))


async def test_a_stop_sends_every_listener_elsewhere(log: Log, live: LogTail) -> None:
    async with live.listen(ADA) as waiting, live.listen(BOB) as busy:
        hearing = asyncio.create_task(waiting.next_events(timeout_seconds=30))
        await asyncio.sleep(0)
        live.close()
        with pytest.raises(Closed):
            await hearing
        with pytest.raises(Closed):
            await busy.next_events(timeout_seconds=30)


async def test_nothing_is_kept_for_those_who_have_left(log: Log, live: LogTail) -> None:
    for _ in range(3):
        async with live.listen(ADA), live.listen(ADA), live.listen(BOB):
            assert live.listeners == 3
    assert live.listeners == 0
    assert live._feeds == {}
    # Nobody listens: the log is not even read, until somebody does.
    await log.happened(created())
    async with live.listen(ADA, after=await log.end()) as listener:
        task = await log.happened(created())
        (told,) = await hear(listener, 1)
        assert said(told) == ("task.created", str(task))
    await log.happened(created())


async def test_notifications_are_heard_as_well_now_and_later(log: Log, live: LogTail) -> None:
    told = NotificationRequested(
        account_id=ADA,
        channel=ChannelName.IN_APP,
        kind=Topic.REMINDER,
        cause=UUID(int=1),
        occurred_at=EIGHT,
        title="Water the plants",
    )
    async with live.listen(ADA) as listener:
        notification = await log.happened(told)
        (now,) = await hear(listener, 1)
    async with live.listen(ADA, after=0) as listener:
        (later,) = await hear(listener, 1)
    assert said(now) == said(later) == ("notification.requested", str(notification))
    assert "Water" not in now.json.decode()


async def test_a_rebuild_of_the_views_is_not_heard(log: Log, live: LogTail) -> None:
    await log.happened(created(), TaskCompleted())
    async with live.listen(ADA) as listener:
        for view in VIEWS:
            await rebuild(log.url, view, EVENTS, workers=1, progress=lambda *_: None)
        task = await log.happened(created())
        assert [said(told) for told in await hear(listener, 1)] == [("task.created", str(task))]


def test_what_is_announced_is_in_the_history_from_which_a_stream_resumes() -> None:
    assert {told.event for told in PUBLIC_EVENT_LIST} <= set(History.listens_to)


async def test_any_wandering_between_processes_hears_everything_once(log: Log) -> None:
    """Random owners, random disconnects, two processes, while the log grows."""
    chance = random.Random(5)
    owners = [AccountId(uuid4()) for _ in range(5)]
    wrote: dict[AccountId, list[int]] = {owner: [] for owner in owners}
    done = asyncio.Event()

    async def write() -> None:
        streams = {owner: uuid4() for owner in owners}
        versions = dict.fromkeys(owners, 0)
        for _ in range(400):
            owner = chance.choice(owners)
            versions[owner] += 1
            first = versions[owner] == 1
            event: AnyEvent = created(owner) if first else TaskUpdated(title=str(versions[owner]))
            wrote[owner].append(
                await log.append(recorded(event, stream=streams[owner], version=versions[owner]))
            )
        done.set()

    async def wander(owner: AccountId, processes: list[LogTail]) -> list[int]:
        heard: list[int] = []
        while not done.is_set() or heard != wrote[owner]:
            after = heard[-1] if heard else 0
            async with chance.choice(processes).listen(owner, after=after) as listener:
                for _ in range(chance.randint(1, 5)):
                    more = await listener.next_events(timeout_seconds=0.05)
                    assert not isinstance(more, Resync)
                    heard += [told.position for told in more]
            if done.is_set():
                assert heard == wrote[owner][: len(heard)]
        return heard

    async with a_process(log.url) as one, a_process(log.url) as other, asyncio.timeout(30):
        one.rate = other.rate = 1_000_000  # nothing is merged
        writing = asyncio.create_task(write())
        heard = await asyncio.gather(*(wander(owner, [one, other]) for owner in owners))
        await writing
    assert heard == [wrote[owner] for owner in owners]
