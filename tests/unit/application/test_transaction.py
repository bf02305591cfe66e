"""Commands in a transaction come out as they would one by one, or not at all."""

import random
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command import Command, IdempotencyKey
from application.command_handler import CommandHandler
from application.commands.lists import ArchiveList, ChangeList, CreateList, DeleteList
from application.commands.recurrence import EndRecurrence, SetRecurrence
from application.commands.reminders import CancelReminder, SetReminder
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    UntagTask,
)
from application.transaction import UNKNOWN_POSITIONS, Transaction
from domain.errors import Conflict, DomainError, KeyReused
from domain.events.tasks import TaskCreated, TaskTagged
from domain.reminders.spec import ReminderSpec
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import ListId, ListTasks, ReminderId, SeriesId, TaskId
from tests.support.facts import ADA, TASK, TEN, context, history, recorded
from tests.support.memory import MemoryEventStore
from tests.support.seed import seeded

pytestmark = pytest.mark.anyio

TASKS = [TaskId(UUID(int=0x100 + n)) for n in range(3)]
LISTS = [ListId(UUID(int=0x200 + n)) for n in range(2)]
REMINDERS = [ReminderId(UUID(int=0x300 + n)) for n in range(2)]


def some_command(chance: random.Random, n: int) -> Command[Any]:
    task, other = chance.choice(TASKS), chance.choice(LISTS)
    reminder = chance.choice(REMINDERS)
    in_list = chance.choice([None, *LISTS])
    fields = TaskFields(title=f"Task {n}", list_id=in_list, due_at=chance.choice([None, TEN]))
    series = SeriesId(UUID(int=0x400 + n))
    made: list[Command[Any]] = [
        CreateTask(task_id=TaskId(UUID(int=0x500 + n)), owner=ADA, fields=fields),
        ChangeTask(task_id=task, change=TaskFieldsChange(title=chance.choice(["a", "b"]))),
        ChangeTask(task_id=task, change=TaskFieldsChange(list_id=in_list)),
        ChangeTask(task_id=task, change=TaskFieldsChange(due_at=chance.choice([None, TEN]))),
        TagTask(task_id=task, tags=(chance.choice("xyz"),)),
        UntagTask(task_id=task, tag=chance.choice("xyz")),
        CompleteTask(task_id=task),
        ReopenTask(task_id=task),
        DeleteTask(task_id=task),
        RestoreTask(task_id=task),
        SetReminder(
            task_id=task, reminder_id=reminder, series_id=series, spec=ReminderSpec(at=TEN)
        ),
        CancelReminder(task_id=task, reminder_id=reminder, series_id=series),
        SetRecurrence(task_id=task, series_id=series, rule="FREQ=DAILY", timezone="UTC"),
        EndRecurrence(task_id=task),
        CreateList(list_id=ListId(UUID(int=0x600 + n)), owner=ADA, name=f"List {n}"),
        ChangeList(list_id=other, name=chance.choice(["Home", "Work"])),
        ArchiveList(list_id=other),
        DeleteList(list_id=other, tasks=ListTasks.KEEP),
    ]
    return chance.choice(made)


async def a_store() -> MemoryEventStore:
    store = MemoryEventStore()
    handler = CommandHandler(store)
    for each in LISTS:
        await handler.handle(CreateList(list_id=each, owner=ADA, name="Home"), context())
    for task in TASKS:
        fields = TaskFields(title="Water", due_at=TEN)
        create = CreateTask(task_id=task, owner=ADA, fields=fields)
        await handler.handle(create, context())
    return store


async def one_by_one(handler: CommandHandler, commands: list[Command[Any]]) -> list[Any]:
    """Return the state and the version after each command, or its refusal."""
    found: list[Any] = []
    for n, command in enumerate(commands):
        key = IdempotencyKey(stream_id=UUID(int=0x700 + n), fingerprint=str(n)) if n % 3 else None
        try:
            receipt = await handler.handle(command, context(), key=key)
        except DomainError as refusal:
            found.append((type(refusal), str(refusal)))
        else:
            found.append((receipt.state, receipt.replayed, receipt.changed))
    return found


async def test_a_transaction_records_what_its_commands_record_one_by_one() -> None:
    chance = seeded("transaction")
    refusals = changes = 0
    for _ in range(150):
        commands = [some_command(chance, n) for n in range(chance.randint(1, 15))]
        alone, together = await a_store(), await a_store()
        expected = await one_by_one(CommandHandler(alone), commands)
        before = len(together.log)
        transaction = Transaction(CommandHandler(together))
        assert await one_by_one(transaction.commands, commands) == expected
        assert len(together.log) == before
        positions = await transaction.commit(str(ADA))
        assert together.log == alone.log
        assert list(positions) == [past.position for past in together.log[before:]]
        refusals += sum(isinstance(each[0], type) for each in expected)
        changes += len(positions)
    assert refusals > 100
    assert changes > 300


async def test_a_position_is_unknown_until_the_commit() -> None:
    store = await a_store()
    before = len(store.log)
    transaction = Transaction(CommandHandler(store))
    receipts = [
        await transaction.commands.handle(TagTask(task_id=TASKS[0], tags=(tag,)), context())
        for tag in ("a", "b", "b")
    ]
    numbers = [receipt.position - UNKNOWN_POSITIONS for receipt in receipts]
    assert numbers == [0, 1, 1]  # the last changed nothing
    assert await transaction.commit(str(ADA)) == [before + 1, before + 2]


async def test_what_others_record_meanwhile_is_a_conflict_and_nothing_is_recorded() -> None:
    store = await a_store()
    transaction = Transaction(CommandHandler(store))
    for each in TASKS[:2]:
        await transaction.commands.handle(TagTask(task_id=each, tags=("a",)), context())
    meanwhile = recorded(TaskTagged(tags=("b",)), version=3, stream=TASKS[1])  # it has a reminder
    await store.append([meanwhile])
    # It does not see half of what others did.
    await transaction.commands.handle(TagTask(task_id=TASKS[1], tags=("c",)), context())
    with pytest.raises(Conflict):
        await transaction.commit(str(ADA))
    assert store.log[-1].event == meanwhile.event


async def test_a_history_that_changed_is_a_conflict() -> None:
    store = await a_store()
    transaction = Transaction(CommandHandler(store))
    await transaction.commands.handle(TagTask(task_id=TASKS[0], tags=("a",)), context())
    store.rewind(len(store.log) - 1)
    with pytest.raises(Conflict):
        await transaction.commit(str(ADA))


async def test_nothing_to_record_is_confirmed() -> None:
    store = await a_store()
    before = len(store.log)
    transaction = Transaction(CommandHandler(store))
    await transaction.commands.handle(CompleteTask(task_id=TASKS[0]), context())
    await transaction.commands.handle(ReopenTask(task_id=TASKS[0]), context())
    # Both are facts, and so is what they do to the reminder.
    assert len(await transaction.commit(str(ADA))) == 4
    again = Transaction(CommandHandler(store))
    await again.commands.handle(ReopenTask(task_id=TASKS[0]), context())
    assert await again.commit(str(ADA)) == ()
    assert len(store.log) == before + 4


async def test_a_key_counts_within_the_transaction() -> None:
    transaction = Transaction(CommandHandler(await a_store()))
    key = IdempotencyKey(stream_id=UUID(int=0x700), fingerprint="1")
    tag = TagTask(task_id=TASKS[0], tags=("a",))
    await transaction.commands.handle(tag, context(), key=key)
    assert (await transaction.commands.handle(tag, context(), key=key)).replayed
    with pytest.raises(KeyReused):
        await transaction.commands.handle(tag, context(), key=replace(key, fingerprint="2"))


class Counting:
    """Implements `application.ports.limits.Quotas`; `counted` is how many events each time, and
    `ended` what was said of each."""

    def __init__(self) -> None:
        self.counted: list[int] = []
        self.ended: list[Any] = []

    async def admit(self, actor: str, batch: Any) -> "Counting":
        self.counted.append(len(batch))
        return self

    def recorded(self, positions: Any) -> None:
        self.ended.append(list(positions))

    def refused(self) -> None:
        self.ended.append("refused")


async def test_quotas_are_counted_once_for_all_events() -> None:
    transaction, quotas = Transaction(CommandHandler(await a_store())), Counting()
    for tag in ("a", "b"):
        command = TagTask(task_id=TASKS[0], tags=(tag,))
        await transaction.commands.handle(command, context())
    positions = await transaction.commit(str(ADA), quotas)
    assert quotas.counted == [2]
    assert quotas.ended == [list(positions)]


async def test_a_stream_that_others_began_is_a_conflict() -> None:
    store = await a_store()
    transaction = Transaction(CommandHandler(store))
    create = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water"))
    await transaction.commands.handle(create, context())
    await store.append(history(TaskCreated(owner=ADA, title="Mine"), stream=TASK))
    quotas = Counting()
    with pytest.raises(Conflict):
        await transaction.commit(str(ADA), quotas)
    assert quotas.ended == ["refused"]


async def test_a_stream_begins_once_within_a_transaction() -> None:
    transaction = Transaction(CommandHandler(await a_store()))
    create = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water"))
    await transaction.commands.handle(create, context())
    with pytest.raises(Conflict):
        await transaction.commands.handle(create, context())
