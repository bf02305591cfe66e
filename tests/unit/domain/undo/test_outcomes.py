"""Each event is undone, stays, or refuses the undo: a new event has to be entered to be one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_args
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command import Command
from application.commands.identity.accounts import RenameAccount
from application.commands.lists import (
    ArchiveList,
    ChangeList,
    CreateList,
    DeleteList,
    UnarchiveList,
)
from application.commands.notifications import MarkNotification, ReadInbox
from application.commands.occurrence_changes import SkipOccurrence, UnskipOccurrence
from application.commands.preferences import (
    AddEndpoint,
    ChangePreferences,
    NoteGone,
    RemoveEndpoint,
    SwitchOnEndpoint,
    VerifyAddress,
)
from application.commands.recurrence import EndRecurrence, SeriesScope, SetRecurrence
from application.commands.reminders import (
    CancelReminder,
    SetReminder,
    SnoozeReminder,
    TriggerReminder,
)
from application.commands.saved_searches import ChangeSearch, DeleteSearch, SaveSearch
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
from application.undo.past_change import effects_of
from domain.events.event import Event
from domain.events.preferences import PreferencesChanged
from domain.events.recorded import AnyEvent
from domain.reminders.spec import ReminderSpec
from domain.undo.outcomes import OUTCOMES, RefusesUndo, Stays, Undone
from domain.undo.refusals import NotUndoable
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import ChannelName, EndpointId, ReminderId, SearchId, SeriesId
from domain.vocabulary import ListTasks as What
from tests.golden.samples import SAMPLES
from tests.support.facts import ADA, LIST, TASK, recorded
from tests.support.undo_scenario import (
    MOST_ENDPOINTS,
    NOTICE,
    UndoScenario,
    comparable,
    is_gone,
)

EIGHT = datetime(2030, 1, 1, 8, tzinfo=UTC)
DUE = EIGHT + timedelta(hours=30)
RUNG = EIGHT + timedelta(hours=9)  # two hours after the reminder is snoozed
SERIES, LATER = SeriesId(UUID(int=0x5E)), SeriesId(UUID(int=0x5F))
RING, HOOK, SEARCH = ReminderId(UUID(int=9)), EndpointId(UUID(int=0xE0)), SearchId(UUID(int=0x5A))
EVENTS: Sequence[type[Event]] = get_args(AnyEvent)
CHANGE = UUID(int=0xC0)


def of(*outcomes: type[Any]) -> list[Any]:
    return [
        pytest.param(event, id=event.__name__)
        for event in EVENTS
        if isinstance(OUTCOMES.get(event), outcomes)
    ]


def changed(**fields: Any) -> ChangeTask:
    return ChangeTask(task_id=TASK, change=TaskFieldsChange(**fields))


def recurs(
    rule: str, *, series: SeriesId = SERIES, scope: SeriesScope = SeriesScope.THIS
) -> SetRecurrence:
    return SetRecurrence(
        task_id=TASK,
        series_id=series,
        rule=rule,
        timezone="UTC",
        reminders=("PT1H",),
        scope=scope,
    )


def address(to: str | None) -> ChangePreferences:
    return ChangePreferences(account_id=ADA, readdress=True, address=to)


BEGIN = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water", due_at=DUE))
# Each is a life of its own: its last change of each step is undone, made again, and kept.
LIVES: Sequence[Sequence[Command[Any] | timedelta]] = (
    (
        BEGIN,
        changed(title="Drown", tags=("a", "b")),
        TagTask(task_id=TASK, tags=("c",)),
        UntagTask(task_id=TASK, tag="a"),
        changed(due_at=DUE + timedelta(days=1)),
        SetReminder(
            task_id=TASK, reminder_id=RING, series_id=LATER, spec=ReminderSpec(before="PT2H")
        ),
        SnoozeReminder(task_id=TASK, reminder_id=RING, length="PT2H"),
        timedelta(hours=1),
        TriggerReminder(task_id=TASK, reminder_id=RING, due_at=RUNG, window=timedelta(hours=6)),
        SnoozeReminder(task_id=TASK, reminder_id=RING, length="PT2H"),
        CancelReminder(task_id=TASK, reminder_id=RING, series_id=LATER),
        CompleteTask(task_id=TASK),
        ReopenTask(task_id=TASK),
        DeleteTask(task_id=TASK),
        RestoreTask(task_id=TASK),
    ),
    (
        BEGIN,
        recurs("FREQ=DAILY"),
        SkipOccurrence(task_id=TASK),
        UnskipOccurrence(task_id=TASK),
        recurs("FREQ=WEEKLY", scope=SeriesScope.ALL),
        CompleteTask(task_id=TASK),
        recurs("FREQ=DAILY", series=LATER, scope=SeriesScope.FOLLOWING),
    ),
    (BEGIN, recurs("FREQ=DAILY"), EndRecurrence(task_id=TASK)),
    (BEGIN, recurs("FREQ=DAILY"), timedelta(days=9), CompleteTask(task_id=TASK)),
    (
        BEGIN,
        CreateList(list_id=LIST, owner=ADA, name="Home"),
        changed(list_id=LIST),
        ChangeList(list_id=LIST, name="House", position=1.0),
        ArchiveList(list_id=LIST),
        UnarchiveList(list_id=LIST),
        DeleteList(list_id=LIST, tasks=What.KEEP),
    ),
    (
        SaveSearch(search_id=SEARCH, owner=ADA, name="Red", filter={"q": "red"}),
        ChangeSearch(search_id=SEARCH, name="Blue", filter={"q": "blue"}),
        DeleteSearch(search_id=SEARCH),
    ),
    (
        ChangePreferences(account_id=ADA, wanted=PreferencesChanged(digest=True)),
        address("ada@annals.example"),
        VerifyAddress(account_id=ADA, address="ada@annals.example"),
        address(None),
        AddEndpoint(
            account_id=ADA,
            endpoint_id=HOOK,
            channel=ChannelName.WEBHOOK,
            host="annals.example",
            most=MOST_ENDPOINTS,
        ),
        NoteGone(account_id=ADA, endpoint_id=HOOK, why="gone"),
        SwitchOnEndpoint(account_id=ADA, endpoint_id=HOOK),
        RemoveEndpoint(account_id=ADA, endpoint_id=HOOK),
    ),
    (
        MarkNotification(notification_id=NOTICE, read=True),
        MarkNotification(notification_id=NOTICE, read=False),
        ReadInbox(account_id=ADA),
        RenameAccount(account_id=ADA, name="Countess"),
    ),
)


async def lived() -> set[type[Event]]:
    """Live all of the lives; return the events of the changes that were undone exactly."""
    undone: set[type[Event]] = set()
    for life in LIVES:
        scenario = UndoScenario(EIGHT)
        await scenario.has_account_and_notice()
        for command in life:
            scenario.now += timedelta(hours=1)
            if isinstance(command, timedelta):
                scenario.now += command
                continue
            if isinstance(command, NoteGone | TriggerReminder):
                await scenario.ask(command, by="system:ours")
                continue
            before = comparable(scenario.states())
            await scenario.ask(command)
            change, after = scenario.changes, comparable(scenario.states())
            assert scenario.of_change(change), command
            undo = await scenario.undo(change)
            now = scenario.states()
            assert comparable({name: now[name] for name in before}) == before, command
            assert all(is_gone(now[name]) for name in now.keys() - before.keys()), command
            await scenario.undo(undo)
            assert comparable(scenario.states()) == after, command
            undone |= {type(past.event) for made in (change, undo) for past in
                       scenario.of_change(made)}  # fmt: skip
    return undone


@cache
def undone_events() -> set[type[Event]]:
    return asyncio.run(lived())


def test_each_event_has_an_outcome() -> None:
    assert OUTCOMES.keys() == set(EVENTS)


@pytest.mark.parametrize("event", of(Undone))
def test_what_the_event_did_is_put_back_and_made_again(event: type[Event]) -> None:
    assert event in undone_events()


@pytest.mark.parametrize("event", of(Stays, RefusesUndo))
def test_the_event_refuses_the_undo_or_leaves_nothing_to_undo(event: type[Event]) -> None:
    sample = next(each for each in SAMPLES if type(each) is event)
    history = [replace(recorded(sample), change_id=CHANGE)]
    outcome = OUTCOMES[event]
    if isinstance(outcome, Stays):
        assert effects_of(CHANGE, {TASK: history}) == {}
        return
    with pytest.raises(NotUndoable) as refused:
        effects_of(CHANGE, {TASK: history})
    assert isinstance(outcome, RefusesUndo)
    assert outcome.why in str(refused.value)


def test_each_refusal_says_why_and_what_to_do_instead() -> None:
    refusals = {each.why for each in OUTCOMES.values() if isinstance(each, RefusesUndo)}
    assert all(each.count(". ") == 1 and each.endswith(".") for each in refusals)
