"""Whoever listens, to whatever, from wherever: they hear all that is theirs and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.ports.live import LiveEvent, Resync
from domain.events.recorded import AnyEvent
from domain.events.reminders import ReminderSet
from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged, TaskUpdated
from domain.record import Record
from domain.vocabulary import AccountId, ReminderId
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.live.listener import FeedListener
from infrastructure.live.tail import LogTail
from infrastructure.postgres.connections import query_pool
from infrastructure.postgres.queries import QueryRunner
from interfaces.http.live.conversation import SocketSubscription, WantedEvents
from projections.publishing.public_events import PUBLIC_EVENTS
from projections.views.audit_trail.history import History
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import EIGHT, NINE, recorded

pytestmark = pytest.mark.anyio

OWNERS, TASKS, PROCESSES = 3, 2, 2
KINDS: tuple[Callable[[AccountId], AnyEvent], ...] = (
    lambda _: TaskUpdated(title="Drown the plants"),
    lambda _: TaskTagged(tags=("home",)),
    lambda _: TaskCompleted(),
    lambda owner: ReminderSet(reminder_id=ReminderId(uuid4()), owner=owner, due_at=NINE),
)
TYPES = ("task.created", "task.updated", "task.tagged", "task.completed", "reminder.scheduled")


class Write(Record):
    """Something happens to a task of `owner`, perhaps at somebody else's hand."""

    owner: int
    task: int
    actor: int
    kind: int


class Listen(Record):
    """`owner` opens a stream, `back` events before the end of the log or from now on."""

    owner: int
    process: int
    back: int | None
    types: frozenset[str]
    tasks: frozenset[tuple[int, int]]  # not only the owner's: one may ask for anything


class Hear(Record):
    """One of those who listen takes what there is."""

    who: int


class Resume(Record):
    """One of those who listen breaks off, and goes on elsewhere."""

    who: int
    process: int


Step: TypeAlias = Write | Listen | Hear | Resume

owners, processes = st.integers(0, OWNERS - 1), st.integers(0, PROCESSES - 1)
tasks = st.integers(0, TASKS - 1)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Write, owner=owners, task=tasks, actor=owners, kind=st.integers(0, len(KINDS) - 1)),
    st.builds(
        Listen,
        owner=owners,
        process=processes,
        back=st.none() | st.integers(0, 12),
        types=st.frozensets(st.sampled_from(TYPES), max_size=2),
        tasks=st.frozensets(st.tuples(owners, tasks), max_size=2),
    ),
    st.builds(Hear, who=st.integers(0, 9)),
    st.builds(Resume, who=st.integers(0, 9), process=processes),
)


class Ear:
    """One who listens, and what they heard of what they asked for."""

    def __init__(self, owner: AccountId, wish: SocketSubscription) -> None:
        self.owner, self.wish = owner, wish
        self.stay = AsyncExitStack()
        self.listener: FeedListener
        self.start = 0
        self.heard: list[LiveEvent] = []

    async def open(self, live: LogTail, *, after: int | None) -> None:
        await self.stay.aclose()
        self.listener = await self.stay.enter_async_context(live.listen(self.owner, after=after))

    async def hear(self, *, timeout_seconds: float) -> None:
        more = await self.listener.next_events(timeout_seconds=timeout_seconds)
        assert not isinstance(more, Resync)
        wanted = WantedEvents.of(self.wish)
        self.heard += [told for told in more if wanted.has(told)]


class World:
    """Some accounts that nobody knew before, and all that happened to them."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.owners = [AccountId(uuid4()) for _ in range(OWNERS)]
        self.streams = [[uuid4() for _ in range(TASKS)] for _ in range(OWNERS)]
        self._versions: dict[UUID, int] = {}
        self.happened: list[tuple[int, AccountId, str, UUID]] = []

    async def write(self, step: Write) -> int:
        owner, stream = self.owners[step.owner], self.streams[step.owner][step.task]
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        event = (
            KINDS[step.kind](owner) if version > 1 else TaskCreated(owner=owner, title="Water them")
        )
        fact = recorded(
            event, stream=stream, version=version, actor=str(self.owners[step.actor]), at=EIGHT
        )
        position = await self._log.append(fact)
        self.happened.append((position, owner, PUBLIC_EVENTS[type(event)].type, stream))
        return position

    def of(self, ear: Ear) -> list[int]:
        """Return the positions of all that this one is to hear."""
        return [
            position
            for position, owner, type_, stream in self.happened
            if owner == ear.owner
            and position > ear.start
            and (not ear.wish.types or type_ in ear.wish.types)
            and (not ear.wish.tasks or stream in ear.wish.tasks)
        ]

    def place(self, back: int) -> int:
        return self.happened[-back - 1][0] if back < len(self.happened) else 0


@pytest.fixture
async def log(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Log]:
    # Little is remembered, so that much is read from the log; and nobody takes a rest.
    monkeypatch.setattr("infrastructure.live.feed.MAX_EVENTS_KEPT", 3)
    monkeypatch.setattr("infrastructure.live.feed.PAGE_EVENTS", 2)
    monkeypatch.setattr("infrastructure.following.subscription.BATCH_PAUSE_SECONDS", 0.0)
    async with open_log(database_url) as log, following(database_url, History()):
        yield log


@pytest.fixture
async def lives(log: Log) -> AsyncIterator[list[LogTail]]:
    async with AsyncExitStack() as stay:
        yield [await stay.enter_async_context(a_process(log.url)) for _ in range(PROCESSES)]


@asynccontextmanager
async def a_process(url: str) -> AsyncIterator[LogTail]:
    async with query_pool(url) as pool:
        questions = QueryRunner(pool)
        live = LogTail(
            url, EVENTS, questions, PostgresViewWaiter(questions), source="/annals", rate=1_000_000
        )  # nothing is merged: what is heard can be counted
        running = asyncio.create_task(live.run())
        try:
            yield live
        finally:
            running.cancel()


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=40))
async def test_everybody_hears_exactly_what_is_theirs_and_what_they_asked_for(
    log: Log, lives: list[LogTail], steps: list[Step]
) -> None:
    world = World(log)
    ears: list[Ear] = []
    async with AsyncExitStack() as stay, asyncio.timeout(30):
        for step in steps:
            match step:
                case Write():
                    await world.write(step)
                case Listen():
                    ears.append(await listen(world, lives, step))
                    stay.push_async_exit(ears[-1].stay)
                case Hear(who=who) if ears:
                    await ears[who % len(ears)].hear(timeout_seconds=0)
                case Resume(who=who, process=process) if ears:
                    ear = ears[who % len(ears)]
                    await ear.open(lives[process], after=ear.listener.position)
                case _:
                    pass
        for number, owner in enumerate(world.owners):
            # What comes last has come to an owner's ear after all the rest.
            last = await world.write(Write(owner=number, task=0, actor=number, kind=0))
            for ear in ears:
                while ear.owner == owner and ear.listener.position < last:
                    await ear.hear(timeout_seconds=5)
    for ear in ears:
        assert [told.position for told in ear.heard] == world.of(ear)
        for told in ear.heard:
            event = msgspec.json.decode(told.json)
            assert (event["partitionkey"], event["data"]["owner"]) == (str(ear.owner),) * 2
            assert (event["type"], event["subject"]) == (told.type, told.subject)


async def listen(world: World, lives: list[LogTail], step: Listen) -> Ear:
    wish = SocketSubscription(
        types=tuple(step.types),
        tasks=tuple(world.streams[owner][task] for owner, task in step.tasks),
    )
    ear = Ear(world.owners[step.owner], wish)
    after = None if step.back is None else world.place(step.back)
    await ear.open(lives[step.process], after=after)
    ear.start = ear.listener.position
    return ear
