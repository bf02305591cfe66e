"""The way from a command to recorded events, and its memory."""

# ruff: noqa: DTZ001 - wall times are naive on purpose

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from application.command import Command, IdempotencyKey
from application.command_handler import CommandHandler
from application.commands.identity.accounts import RegisterAccount
from application.commands.occurrence_changes import SkipOccurrence
from application.commands.preferences import ChangePreferences
from application.commands.recurrence import SetRecurrence
from application.commands.reminders import SetReminder
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    TaskStream,
)
from application.ports.event_store import LAST_VERSION
from application.state_cache import CACHE_TTL, FIRST_EVENTS
from application.time_travel import as_it_was
from domain.errors import (
    Conflict,
    EmailTaken,
    KeyReused,
    NotFound,
    RequestInFlight,
    TaskIsDeleted,
    TaskNotFound,
    VersionMismatch,
)
from domain.events.identity.accounts import EmailClaimed
from domain.events.preferences import PreferencesChanged
from domain.events.recorded import Recorded
from domain.events.requests import RequestAnswered
from domain.events.series import (
    SeriesOccurrenceMissed,
    SeriesOccurrenceSkipped,
    SeriesSplit,
    SeriesStarted,
)
from domain.events.tasks import TaskTagged
from domain.reminders.spec import ReminderSpec
from domain.task import Task
from domain.values.streams import StreamNames
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import AccountId, ReminderId, SeriesId, Status, TaskId
from tests.golden.series_samples import OTHER, SERIES
from tests.support.facts import (
    ADA,
    BOB,
    EIGHT,
    NINE,
    TASK,
    TEN,
    context,
)
from tests.support.memory import MemoryEventStore

pytestmark = pytest.mark.anyio

CREATE = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water the plants"))
COMPLETE = CompleteTask(task_id=TASK)
REMIND = SetReminder(
    task_id=TASK,
    reminder_id=ReminderId(UUID(int=0x4E)),
    series_id=SeriesId(UUID(int=0x5E)),
    spec=ReminderSpec(at=TEN),
)
ONCE = IdempotencyKey(stream_id=UUID(int=0x1D), fingerprint="complete the task")


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


@pytest.fixture
def here(store: MemoryEventStore) -> CommandHandler:
    return CommandHandler(store)


@pytest.fixture
def elsewhere(store: MemoryEventStore) -> CommandHandler:
    """Another process on the same store."""
    return CommandHandler(store)


async def test_a_command_is_recorded_with_who_when_and_why(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    receipt = await here.handle(CREATE, context(now=NINE))
    (only,) = store.log
    assert (only.actor, only.recorded_at, only.correlation_id) == (str(ADA), NINE, UUID(int=0xC0))
    assert (receipt.version, receipt.position, receipt.state.title) == (1, 1, "Water the plants")


async def test_asking_twice_records_once(store: MemoryEventStore, here: CommandHandler) -> None:
    await here.handle(CREATE, context())
    first = await here.handle(COMPLETE, context())
    second = await here.handle(COMPLETE, context())
    assert (first.changed, second.changed) == (True, False)
    assert (first.state, first.position) == (second.state, second.position)
    assert len(store.log) == 2


async def test_two_clients_complete_the_same_task_with_one_event(
    store: MemoryEventStore, here: CommandHandler, elsewhere: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    await elsewhere.handle(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(title="Water them")), context()
    )
    one = await here.handle(COMPLETE, context())
    other = await elsewhere.handle(COMPLETE, context())
    assert [past.originator_version for past in store.log] == [1, 2, 3]
    assert one.state == other.state


async def test_memory_behind_the_store_neither_refuses_nor_finds_nothing_to_do(
    here: CommandHandler, elsewhere: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    await here.handle(COMPLETE, context())
    await elsewhere.handle(ReopenTask(task_id=TASK), context())
    assert (await here.handle(COMPLETE, context())).version == 4

    await here.handle(DeleteTask(task_id=TASK), context())
    with pytest.raises(TaskIsDeleted):
        await elsewhere.handle(ReopenTask(task_id=TASK), context())

    await elsewhere.handle(RestoreTask(task_id=TASK), context())
    # Here the task is deleted, as far as memory goes.
    assert (await here.handle(TagTask(task_id=TASK, tags=("a",)), context())).version == 7


async def test_another_version_than_expected_is_refused(
    store: MemoryEventStore, here: CommandHandler, elsewhere: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    await elsewhere.handle(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(title="Water them")), context()
    )
    with pytest.raises(VersionMismatch):
        await here.handle(COMPLETE, context(), expected_version=1)
    await here.handle(COMPLETE, context(), expected_version=2)
    assert len(store.log) == 3


class CrowdedStore(MemoryEventStore):
    """Somebody else is faster, so many times, with every change of what is there."""

    def __init__(self, crowd: int) -> None:
        super().__init__()
        self._crowd = crowd

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        if self.log and self._crowd:
            self._crowd -= 1
            tagged = TaskTagged(tags=(f"tag {self._crowd}",))
            await super().append([replace(events[0], event=tagged)])
        return await super().append(events, epoch=epoch)


async def test_a_command_that_always_loses_is_told_so() -> None:
    here = CommandHandler(CrowdedStore(5))
    await here.handle(CREATE, context())
    with pytest.raises(Conflict):
        await here.handle(COMPLETE, context())


@pytest.mark.parametrize("command", [TagTask(task_id=TASK, tags=("mine",)), REMIND])
async def test_a_command_that_commutes_with_its_rivals_gets_through(
    command: Command[Task],
) -> None:
    here = CommandHandler(CrowdedStore(40))
    await here.handle(CREATE, context())
    receipt = await here.handle(command, context())
    assert (receipt.changed, receipt.version, len(receipt.state.reminders)) == (
        True,
        42,
        int(command is REMIND),
    )


async def test_a_command_that_commutes_still_keeps_to_the_version_it_expects() -> None:
    here = CommandHandler(CrowdedStore(1))
    await here.handle(CREATE, context())
    with pytest.raises(VersionMismatch):
        await here.handle(TagTask(task_id=TASK, tags=("mine",)), context(), expected_version=1)


async def test_who_is_persistent_gets_through_a_crowd() -> None:
    store = CrowdedStore(30)
    here = CommandHandler(store)
    await here.handle(CREATE, context())
    receipt = await here.handle(COMPLETE, context(), retry_forever=True)
    assert (receipt.version, len(receipt.state.tags)) == (32, 30)
    with pytest.raises(Conflict):  # what is to begin has begun, however often one asks
        await here.handle(CREATE, context(), retry_forever=True)


async def test_forgetting_a_stream_changes_no_answer(store: MemoryEventStore) -> None:
    forgetful = CommandHandler(store, remember=1)
    for n in range(1, 4):
        await forgetful.handle(
            CreateTask(task_id=TaskId(UUID(int=n)), owner=ADA, fields=TaskFields(title="t")),
            context(),
        )
    for n in range(1, 4):
        command = CompleteTask(task_id=TaskId(UUID(int=n)))
        assert (await forgetful.handle(command, context())).version == 2


async def test_an_address_is_registered_once(store: MemoryEventStore, here: CommandHandler) -> None:
    names = StreamNames(secret=b"of this installation")

    def register(account: AccountId, email: str) -> RegisterAccount:
        return RegisterAccount(
            account_id=account,
            email=email,
            name="Ada",
            address_stream=names.address_stream(email),
        )

    await here.handle(register(ADA, "ada@annals.example"), context())
    with pytest.raises(EmailTaken):
        await here.handle(register(BOB, "ADA@annals.example"), context())
    assert [type(past.event) for past in store.log][1:] == [EmailClaimed]


class CountingStore(MemoryEventStore):
    """Counts how often it is asked for a stream."""

    def __init__(self) -> None:
        super().__init__()
        self.loads = 0
        self.loaded = 0  # events

    async def load(
        self, stream_id: UUID, *, after: int = 0, until: int = LAST_VERSION
    ) -> Sequence[Recorded]:
        self.loads += 1
        loaded = await super().load(stream_id, after=after, until=until)
        self.loaded += len(loaded)
        return loaded


async def test_a_stream_seen_just_now_is_not_loaded_again() -> None:
    store = CountingStore()
    here = CommandHandler(store)
    await here.handle(CREATE, context(now=NINE))
    just_now = NINE + CACHE_TTL - timedelta(milliseconds=1)
    await here.handle(COMPLETE, context(now=just_now))
    assert store.loads == 0  # nor is a stream loaded that is to begin
    await here.handle(ReopenTask(task_id=TASK), context(now=just_now + CACHE_TTL))
    assert store.loads == 1


async def test_a_read_is_from_the_store_and_for_the_owner_alone(
    here: CommandHandler, elsewhere: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    await elsewhere.handle(COMPLETE, context())
    receipt = await here.read(TaskStream(task_id=TASK), context())
    assert (receipt.version, receipt.position, receipt.changed) == (2, 2, False)
    with pytest.raises(TaskNotFound):
        await here.read(TaskStream(task_id=TASK), context(actor=str(BOB)))


# Commands that change several streams

RECUR = SetRecurrence(
    task_id=TASK, series_id=SERIES, rule="FREQ=DAILY", timezone="UTC", start=datetime(2030, 1, 2, 9)
)


async def test_related_streams_are_loaded_however_fresh_memory_is(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    await here.handle(RECUR, context())
    # The task is in memory, and the series that this ends is not.
    await here.handle(replace(RECUR, series_id=OTHER, rule="FREQ=WEEKLY"), context())
    split = [past.event for past in store.log if isinstance(past.event, SeriesSplit)]
    assert [event.following for event in split] == [OTHER]


async def test_defaults_come_from_preferences_that_were_seen_a_moment_ago(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    def due() -> CreateTask:
        fields = TaskFields(title="Call", due_at=TEN + timedelta(days=1))
        return CreateTask(task_id=TaskId(uuid4()), owner=ADA, fields=fields)

    def wanting(*reminders: str) -> ChangePreferences:
        return ChangePreferences(
            account_id=ADA, wanted=PreferencesChanged(default_reminders=reminders)
        )

    async def reminders_at(moment: datetime) -> int:
        receipt = await here.handle(due(), replace(context(), now=moment))
        return len(receipt.state.reminders)

    elsewhere = CommandHandler(store)
    assert await reminders_at(EIGHT) == 1  # of an account that has set none
    await elsewhere.handle(wanting(), context())
    # However many tasks are created, memory does not count as seen anew.
    assert await reminders_at(EIGHT + CACHE_TTL * 0.5) == 1
    assert await reminders_at(EIGHT + CACHE_TTL * 0.9) == 1
    assert await reminders_at(EIGHT + CACHE_TTL) == 0
    # One's own changes count at once.
    await here.handle(wanting("PT15M", "PT1H"), replace(context(), now=EIGHT + CACHE_TTL))
    assert await reminders_at(EIGHT + CACHE_TTL) == 2


class SeriesAdvancingStore(MemoryEventStore):
    """Another process changes the series once, just before somebody else does."""

    def __init__(self) -> None:
        super().__init__()
        self._raced = False

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        ours = [event for event in events if event.originator_id == SERIES]
        if not self._raced and ours and ours[0].originator_version > 1:
            self._raced = True
            missed = SeriesOccurrenceMissed(
                occurrence=datetime(2030, 1, 3, 9), task_id=TASK, due_at=NINE
            )
            await super().append([replace(ours[0], event=missed)])
        return await super().append(events, epoch=epoch)


async def test_a_race_lost_on_a_related_stream_is_run_again() -> None:
    store = SeriesAdvancingStore()
    here = CommandHandler(store)
    await here.handle(CREATE, context())
    await here.handle(RECUR, context())
    receipt = await here.handle(SkipOccurrence(task_id=TASK), context())
    assert receipt.state.status is Status.SKIPPED
    series = [past.event for past in store.log if past.originator_id == SERIES]
    assert [type(event) for event in series[1:]] == [
        SeriesOccurrenceMissed,
        SeriesOccurrenceSkipped,
    ]


async def test_the_position_is_that_of_the_last_event_of_the_change_not_of_its_key(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    receipt = await here.handle(RECUR, context(), key=ONCE)
    assert isinstance(store.log[receipt.position - 1].event, SeriesStarted)
    assert isinstance(store.log[receipt.position].event, RequestAnswered)


# Idempotency keys


async def test_a_key_answers_the_same_for_good(
    store: MemoryEventStore, here: CommandHandler, elsewhere: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    first = await here.handle(COMPLETE, context(), key=ONCE)
    await here.handle(ReopenTask(task_id=TASK), context())
    again = await elsewhere.handle(COMPLETE, context(), key=ONCE)
    assert (again.state, again.position) == (first.state, first.position)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.state.status is Status.COMPLETED
    assert len(store.log) == 4


async def test_a_key_answers_the_same_for_what_was_created(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    first = await here.handle(CREATE, context(), key=ONCE)
    retry = CreateTask(
        task_id=TaskId(UUID(int=77)), owner=ADA, fields=TaskFields(title="Water the plants")
    )
    again = await here.handle(retry, context(), key=ONCE)
    assert (again.state, again.position) == (first.state, first.position)
    assert len(store.log) == 2


async def test_a_key_is_remembered_even_when_nothing_changed(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    reopen: Command[Any] = ReopenTask(task_id=TASK)
    await here.handle(reopen, context(), key=ONCE)
    await here.handle(COMPLETE, context())
    assert (await here.handle(reopen, context(), key=ONCE)).state.status is Status.OPEN
    assert isinstance(store.log[1].event, RequestAnswered)


async def test_a_key_used_for_something_else_is_refused(here: CommandHandler) -> None:
    await here.handle(CREATE, context(), key=ONCE)
    with pytest.raises(KeyReused):
        await here.handle(
            COMPLETE, context(), key=IdempotencyKey(stream_id=ONCE.stream_id, fingerprint="other")
        )


class RacingStore(MemoryEventStore):
    """Answers the same request elsewhere just before it is asked to append it."""

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        if any(event.originator_id == ONCE.stream_id for event in events):
            await super().append(events, epoch=epoch)
        return await super().append([e for e in events if e.originator_id == ONCE.stream_id])


async def test_a_request_still_in_flight_elsewhere_is_told_to_ask_again() -> None:
    here = CommandHandler(RacingStore())
    with pytest.raises(RequestInFlight):
        await here.handle(CREATE, context(), key=ONCE)


# The past


@pytest.mark.parametrize("events", [0, 1, 2, FIRST_EVENTS - 1, FIRST_EVENTS, 3 * FIRST_EVENTS])
async def test_a_stream_of_somebody_else_costs_as_many_queries_as_one_that_is_missing(
    events: int,
) -> None:
    store = CountingStore()
    owner = CommandHandler(store)
    for number in range(events):
        change = TaskFieldsChange(title=f"Water the plants {number}")
        command = ChangeTask(task_id=TASK, change=change) if number else CREATE
        await owner.handle(command, context())
    stranger, asked = context(actor=str(BOB)), TaskStream(task_id=TASK)
    here = CommandHandler(store)
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: here.read(asked, stranger),
        lambda: here.handle(COMPLETE, stranger),
        lambda: as_it_was(store, asked, stranger, version=1),
    ]
    for attempt in attempts:
        store.loaded = store.loads = 0
        with pytest.raises(TaskNotFound):
            await attempt()
        assert (store.loads, store.loaded) == (1, min(events, FIRST_EVENTS))
    assert here._cache.recent(Task(), TASK, EIGHT) is None


async def test_a_long_stream_of_ones_own_is_loaded_whole_in_two_queries() -> None:
    store = CountingStore()
    owner = CommandHandler(store)
    await owner.handle(CREATE, context())
    for number in range(3 * FIRST_EVENTS):
        change = TaskFieldsChange(title=f"Water the plants {number}")
        await owner.handle(ChangeTask(task_id=TASK, change=change), context())
    store.loaded = store.loads = 0
    receipt = await CommandHandler(store).read(TaskStream(task_id=TASK), context())
    assert (receipt.version, store.loads) == (1 + 3 * FIRST_EVENTS, 2)
    assert store.loaded == receipt.version


async def test_a_task_can_be_seen_as_it_was(store: MemoryEventStore, here: CommandHandler) -> None:
    await here.handle(CREATE, context(now=EIGHT))
    await here.handle(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(title="Water them")), context(now=TEN)
    )
    then = await as_it_was(store, COMPLETE, context(), version=1)
    assert then.state.title == "Water the plants"
    assert (await as_it_was(store, COMPLETE, context(), at=NINE)).state == then.state
    assert (await as_it_was(store, COMPLETE, context(), at=TEN)).version == 2


async def test_there_is_nothing_to_see_before_the_beginning_or_for_others(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    await here.handle(CREATE, context(now=NINE))
    with pytest.raises(NotFound):
        await as_it_was(store, COMPLETE, context(), at=EIGHT)
    with pytest.raises(NotFound):
        await as_it_was(store, COMPLETE, context(), version=2)
    with pytest.raises(NotFound):
        await as_it_was(store, COMPLETE, context(actor=str(BOB)), version=1)


class FailedOverStore(MemoryEventStore):
    """Loses a completion before the next append, and has another event in its place."""

    armed = False

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        if self.armed:
            self.armed = False
            self.rewind(1)
            await super().append(
                [replace(events[0], event=TaskTagged(tags=("x",)), originator_version=2)]
            )
        return await super().append(events, epoch=epoch)


async def test_what_was_decided_on_a_lost_history_is_decided_again() -> None:
    store = FailedOverStore()
    handler = CommandHandler(store)
    await handler.handle(CREATE, context())
    await handler.handle(COMPLETE, context())
    store.armed = True
    receipt = await handler.handle(ReopenTask(task_id=TASK), context())
    assert (receipt.version, receipt.changed) == (2, False)  # it was never completed
    assert [type(each.event) for each in store.log[1:]] == [TaskTagged]
