"""A reaction asks once for each fact, whatever befalls it."""

import math
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest

from application.command import Command
from application.command_handler import CommandHandler
from application.commands.tasks import CompleteTask, CreateTask, TagTask
from application.reactions.endpoint_reactions import NotifyEndpointDisabled, TrackEndpointHealth
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.notifications import NotificationDeadLettered, NotificationRequested
from domain.events.preferences import EndpointAdded, EndpointFailed
from domain.events.recorded import Recorded
from domain.events.tasks import TaskCompleted, TaskCreated, TaskDeleted
from domain.preferences import MAX_CONSECUTIVE_FAILURES, Preferences
from domain.task import Task
from domain.values.streams import event_id, preferences_stream
from domain.values.task_fields import TaskFields
from domain.vocabulary import ChannelName, EndpointId, Status, TaskId
from infrastructure.following.checkpoints import LazyPosition, applied, begin
from infrastructure.postgres.connections import connect
from infrastructure.projecting.reactor import Reactor
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from tests.support.event_log import EVENTS, Log, open_log
from tests.support.facts import ADA, EIGHT

pytestmark = pytest.mark.anyio


class Sequel:
    """Every completed task is followed by another of the same title; the third thing fails."""

    name: ClassVar = "sequel"
    listens_to: ClassVar[tuple[type[Event], ...]] = (TaskCompleted, TaskDeleted)

    async def commands(self, recorded: Recorded, look: LoadState) -> Sequence[Command[Any]]:
        if isinstance(recorded.event, TaskDeleted):
            raise ZeroDivisionError
        task = await look(Task(), recorded.originator_id)
        # Its id is computed from the fact: asked again, it is the same task.
        again = TaskId(event_id(recorded.originator_id, recorded.originator_version))
        create = CreateTask(
            task_id=again, owner=ADA, fields=TaskFields(title=f"{task.title} again")
        )
        return [create, CompleteTask(task_id=TaskId(UUID(int=404)))]


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


@pytest.fixture
async def commands(database_url: str) -> AsyncIterator[CommandHandler]:
    store = PostgresEventStore(partial(connect, database_url), RecordMapper())
    yield CommandHandler(store)
    await store.close()


CREATED = TaskCreated(owner=ADA, title="Water the plants")


async def advance_to_the_end(log: Log, commands: CommandHandler) -> None:
    reactor = Reactor(Sequel(), commands, EVENTS)
    position = await begin(log.connection, "sequel")
    while (reached := await reactor.advance(log.connection, position, limit=2)) > position:
        position = reached


async def test_a_fact_leads_to_a_command_that_says_why(log: Log, commands: CommandHandler) -> None:
    task = await log.happened(CREATED, TaskCompleted())
    await advance_to_the_end(log, commands)
    again = event_id(task, 2)
    (created,) = await EVENTS.stream(log.connection, again, until=10**6)
    assert isinstance(created, Recorded)
    assert created.event == TaskCreated(owner=ADA, title="Water the plants again")
    assert (created.actor, created.causation_id) == ("system:sequel", again)


async def test_asked_again_after_a_crash_nothing_happens_twice(
    log: Log, commands: CommandHandler
) -> None:
    for _ in range(5):
        await log.happened(CREATED, TaskCompleted())
    await advance_to_the_end(log, commands)
    end = await log.end()
    await log.connection.execute("UPDATE notification_tracking SET notification_id = 0")
    await advance_to_the_end(log, CommandHandler(commands._store))
    cursor = await log.connection.execute(
        "SELECT count(*), max(notification_id) FROM stored_events"
    )
    count, _ = await cursor.fetchone() or (0, 0)
    assert count == 15
    assert end >= 15


async def test_what_cannot_be_reacted_to_is_set_aside_and_the_rest_goes_on(
    log: Log, commands: CommandHandler
) -> None:
    await log.happened(CREATED, TaskDeleted())
    task = await log.happened(CREATED, TaskCompleted())
    await advance_to_the_end(log, commands)
    assert (await commands.current_state(Task(), event_id(task, 2))).status is Status.OPEN
    cursor = await log.connection.execute("SELECT view, topic, error FROM dead_events")
    assert await cursor.fetchall() == [("sequel", "task.deleted", "ZeroDivisionError()")]


class Selecting(Sequel):
    """Leaves out all but one task, and fails to select where one was deleted."""

    def __init__(self, task: UUID) -> None:
        self._task = task

    async def select(self, facts: Sequence[Recorded], _look: LoadState) -> Sequence[Recorded]:
        if any(isinstance(fact.event, TaskDeleted) for fact in facts):
            raise ZeroDivisionError
        return [fact for fact in facts if fact.originator_id == self._task]


async def test_what_a_reaction_leaves_out_leads_to_nothing_and_moves_the_position_later(
    log: Log, commands: CommandHandler
) -> None:
    left_out = await log.happened(CREATED, TaskCompleted())
    selected = await log.happened(CREATED, TaskCompleted())
    reactor = Reactor(Selecting(selected), commands, EVENTS)
    reactor._position = LazyPosition(interval_seconds=math.inf)
    reactor._position.moved()
    start = await begin(log.connection, "sequel")
    assert await reactor.advance(log.connection, start, limit=2) == 2
    assert await applied(log.connection, "sequel") == 0
    assert await reactor.advance(log.connection, 2, limit=2) == 4
    assert await applied(log.connection, "sequel") == 4
    again = [event_id(stream, 2) for stream in (left_out, selected)]
    states = [await commands.current_state(Task(), stream) for stream in again]
    assert [state.version for state in states] == [0, 1]


async def test_a_reaction_that_cannot_select_reacts_to_each_event(
    log: Log, commands: CommandHandler
) -> None:
    other = await log.happened(CREATED, TaskCompleted())
    await log.happened(CREATED, TaskDeleted())
    reactor = Reactor(Selecting(UUID(int=0)), commands, EVENTS)
    await reactor.advance(log.connection, await begin(log.connection, "sequel"), limit=4)
    assert (await commands.current_state(Task(), event_id(other, 2))).version == 1
    cursor = await log.connection.execute("SELECT view, topic, error FROM dead_events")
    assert await cursor.fetchall() == [("sequel", "task.deleted", "ZeroDivisionError()")]


async def test_the_position_waits_while_there_is_nothing_for_it(
    log: Log, commands: CommandHandler
) -> None:
    for events in ((CREATED,), (CREATED,), (CREATED, TaskCompleted()), (CREATED,)):
        await log.happened(*events)
    positions = [recorded.position for recorded in await log.facts()]
    reactor, reached = Reactor(Sequel(), commands, EVENTS), await begin(log.connection, "sequel")
    reactor._position = LazyPosition(interval_seconds=math.inf)
    moved: list[int] = []
    while len(moved) < 8:
        reached = await reactor.advance(log.connection, reached, limit=1)
        moved.append(await applied(log.connection, "sequel"))
    # Only the fourth event is for it, and none that it leads to. The end of the log is written.
    end = await log.end()
    assert moved == [0, 0, 0, *[positions[3]] * 3, end, end]
    assert reached == end


class Tags:
    """Every completed task puts a tag of its own on one and the same task."""

    name: ClassVar = "tags"
    listens_to: ClassVar[tuple[type[Event], ...]] = (TaskCompleted,)

    def __init__(self, task: UUID) -> None:
        self._task = TaskId(task)

    async def commands(self, recorded: Recorded, look: LoadState) -> Sequence[Command[Any]]:
        return [TagTask(task_id=self._task, tags=(recorded.originator_id.hex,))]


async def test_many_facts_that_lead_to_changes_of_one_stream_are_all_heard(
    log: Log, commands: CommandHandler
) -> None:
    target = await log.happened(CREATED)
    done = [await log.happened(CREATED, TaskCompleted()) for _ in range(30)]
    reactor = Reactor(Tags(target), commands, EVENTS)
    await reactor.advance(log.connection, await begin(log.connection, "tags"), limit=100)
    task = await commands.current_state(Task(), target)
    assert set(task.tags) == {one.hex for one in done}


async def test_programs_that_fail_at_once_are_all_switched_off_and_told_of(
    log: Log, commands: CommandHandler
) -> None:
    mine, hooks = preferences_stream(ADA), [EndpointId(uuid4()) for _ in range(10)]
    await log.happened(*map(added, hooks), stream=mine)
    for hook in hooks:
        for _ in range(MAX_CONSECUTIVE_FAILURES):
            await log.happened(
                *(told(hook), NotificationDeadLettered(reason="It answered 500.", endpoint_id=hook))
            )
    for reaction in (TrackEndpointHealth(), NotifyEndpointDisabled()):
        reactor = Reactor(reaction, commands, EVENTS)
        start = await begin(log.connection, reaction.name)
        await reactor.advance(log.connection, start, limit=1000)
    facts = [recorded.event for recorded in await log.facts()]
    failed = [fact for fact in facts if isinstance(fact, EndpointFailed)]
    assert len({fact.notification_id for fact in failed}) == len(failed) == 50
    assert not any(
        hook.on for hook in (await commands.current_state(Preferences(), mine)).endpoints.values()
    )
    notices = [fact for fact in facts if isinstance(fact, NotificationRequested)][50:]
    assert [notice.kind for notice in notices] == ["notice"] * 10


def added(hook: EndpointId) -> EndpointAdded:
    return EndpointAdded(
        account_id=ADA, endpoint_id=hook, channel=ChannelName.WEBHOOK, host="hook.example"
    )


def told(hook: EndpointId) -> NotificationRequested:
    return NotificationRequested(
        account_id=ADA,
        channel=ChannelName.WEBHOOK,
        endpoint_id=hook,
        kind="reminder",
        cause=uuid4(),
        occurred_at=EIGHT,
        title="Water the plants",
    )


async def test_a_stream_nobody_began_looks_blank(commands: CommandHandler) -> None:
    assert await commands.current_state(Task(), uuid4()) == Task()
