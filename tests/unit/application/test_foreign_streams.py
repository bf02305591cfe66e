"""The id of a stream of another kind: nothing is found there, and nothing is written there."""

# ruff: noqa: DTZ001 - wall times are naive on purpose

from datetime import datetime
from typing import Any

import pytest

from application.command_handler import CommandHandler
from application.commands.identity.accounts import AccountStream, RegisterAccount
from application.commands.recurrence import SetRecurrence
from application.commands.series import SeriesStream
from application.commands.tasks import (
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TaskStream,
)
from application.time_travel import as_it_was
from domain.aggregate import Aggregate, fold
from domain.errors import SeriesNotFound, TaskNotFound
from domain.events.identity.accounts import AccountRegistered
from domain.events.tasks import TaskCreated
from domain.identity.account import Account
from domain.inbox import InboxState
from domain.notification import Notification
from domain.preferences import Preferences
from domain.series import Series
from domain.task import Task
from domain.task_list import TaskList
from domain.values.streams import StreamNames
from domain.values.task_fields import TaskFields
from domain.vocabulary import AccountId, SeriesId, TaskId
from tests.golden.samples import SAMPLES
from tests.golden.series_samples import SERIES
from tests.support.facts import ADA, TASK, context, history, recorded
from tests.support.memory import MemoryEventStore

ADDRESS = StreamNames(secret=b"of this installation").address_stream("ada@annals.example")
KINDS: tuple[type[Aggregate[Any]], ...] = (
    Account,
    InboxState,
    Notification,
    Preferences,
    Series,
    Task,
    TaskList,
)
CREATE = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water the plants"))
RECUR = SetRecurrence(
    task_id=TASK, series_id=SERIES, rule="FREQ=DAILY", timezone="UTC", start=datetime(2030, 1, 2, 9)
)
COMMANDS = (CompleteTask, DeleteTask, ReopenTask, RestoreTask)


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


@pytest.fixture
def here(store: MemoryEventStore) -> CommandHandler:
    return CommandHandler(store)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_stream_that_begins_with_an_event_of_another_kind_folds_to_nothing(
    kind: type[Aggregate[Any]],
) -> None:
    foreign = [event for event in SAMPLES if type(event) not in kind.event_types]
    assert len(foreign) > len(SAMPLES) / 2
    for event in foreign:
        assert fold(kind(), [recorded(event)]) == kind()


def test_an_event_of_another_kind_in_the_middle_of_a_stream_is_an_error() -> None:
    created = TaskCreated(owner=ADA, title="Water the plants")
    stranger = AccountRegistered(email="ada@annals.example", name="Ada")
    with pytest.raises(TypeError, match="AccountRegistered is not an event of Task"):
        fold(Task(), history(created, stranger))


@pytest.mark.anyio
@pytest.mark.parametrize("in_memory", [False, True])
async def test_the_account_of_the_client_is_no_task_and_stays_an_account(
    store: MemoryEventStore, here: CommandHandler, *, in_memory: bool
) -> None:
    account = AccountId(TASK)
    me = context(actor=str(account))
    registering = here if in_memory else CommandHandler(store)
    await registering.handle(
        RegisterAccount(
            account_id=account, email="ada@annals.example", name="Ada", address_stream=ADDRESS
        ),
        me,
    )
    before = list(store.log)
    with pytest.raises(TaskNotFound):
        await here.read(TaskStream(task_id=TASK), me)
    with pytest.raises(SeriesNotFound):
        await here.read(SeriesStream(series_id=SeriesId(TASK)), me)
    with pytest.raises(TaskNotFound):
        await as_it_was(store, TaskStream(task_id=TASK), me, version=1)
    for command in (*(kind(task_id=TASK) for kind in COMMANDS), RECUR):
        with pytest.raises(TaskNotFound):
            await here.handle(command, me)
    assert store.log == before
    known = await here.read(AccountStream(account_id=account), me)
    assert known.state.email == "ada@annals.example"


@pytest.mark.anyio
async def test_a_series_of_the_client_is_no_task_of_the_client(
    store: MemoryEventStore, here: CommandHandler
) -> None:
    await here.handle(CREATE, context())
    await here.handle(RECUR, context())
    before = list(store.log)
    for command in COMMANDS:
        with pytest.raises(TaskNotFound):
            await here.handle(command(task_id=TaskId(SERIES)), context())
    assert store.log == before
    assert (await here.read(SeriesStream(series_id=SERIES), context())).state.owner == ADA
