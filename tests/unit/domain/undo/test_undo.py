"""Given what a change did and what came later, an undo records this, or is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.commands.identity.addresses import RequestVerification
from application.commands.lists import CreateList, DeleteList
from application.commands.occurrence_changes import SkipOccurrence
from application.commands.preferences import (
    AddEndpoint,
    ChangePreferences,
    NoteGone,
    RemoveEndpoint,
    VerifyAddress,
)
from application.commands.recurrence import SeriesScope, SetRecurrence
from application.commands.reminders import SetReminder, SnoozeReminder, TriggerReminder
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
)
from domain.errors import TooManyEndpoints
from domain.events.event import Event
from domain.events.occurrences import TaskMadeSingle, TaskSkipped, TaskUnskipped
from domain.events.preferences import AddressGiven, AddressVerified
from domain.events.reminders import (
    ReminderCancelled,
    ReminderRearmed,
    ReminderRestored,
    ReminderWithdrawn,
)
from domain.events.requests import ChangeUndone
from domain.events.series import SeriesEnded, SeriesOccurrenceRestored, SeriesRestored
from domain.events.tasks import (
    TaskCompleted,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.preferences import Preferences
from domain.reminders.spec import ReminderSpec
from domain.undo.refusals import CannotUndo, ChangeNotFound, NotUndoable
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import ChannelName, EndpointId, ListId, ListTasks, ReminderId, SeriesId
from tests.golden.series_samples import OTHER, SERIES
from tests.support.facts import ADA, BOB, TASK, context
from tests.support.undo_scenario import MOST_ENDPOINTS, UndoScenario

pytestmark = pytest.mark.anyio

EIGHT = datetime(2030, 1, 1, 8, tzinfo=UTC)
DUE = EIGHT + timedelta(hours=30)
RING = ReminderId(UUID(int=0x4E))
HOOK = EndpointId(UUID(int=0xE0))
RECUR = SetRecurrence(
    task_id=TASK, series_id=SERIES, rule="FREQ=DAILY", timezone="UTC", reminders=("PT1H",)
)


async def begun(*, recurs: bool = False, **fields: Any) -> UndoScenario:
    """One task, and perhaps its series."""
    scenario = UndoScenario(EIGHT)
    wish = TaskFields(**{"title": "Water", "tags": ("a", "b")} | fields)
    await scenario.ask(CreateTask(task_id=TASK, owner=ADA, fields=wish))
    if recurs:
        await scenario.ask(RECUR)
    return scenario


def change(**fields: Any) -> ChangeTask:
    return ChangeTask(task_id=TASK, change=TaskFieldsChange(**fields))


async def undone(scenario: UndoScenario, number: int | None = None, **more: Any) -> list[Event]:
    """Undo a change, the last unless it is said; return the events of that."""
    change_id = await scenario.undo(number or scenario.changes, **more)
    return [past.event for past in scenario.of_change(change_id)]


async def test_fields_and_tags_are_as_they_were() -> None:
    scenario = await begun()
    await scenario.ask(change(title="Drown", tags=("b", "c"), due_at=DUE))
    assert await undone(scenario) == [
        TaskUpdated(title="Water"),
        TaskUntagged(tags=("b", "c")),
        TaskTagged(tags=("a", "b")),
        TaskRescheduled(due_at=None),
        ReminderWithdrawn(reminder_id=next(iter((await after_due(scenario)).reminders))),
    ]


async def after_due(scenario: UndoScenario) -> Any:
    """The task before the undo."""
    return scenario.states(until=len(scenario.store.log) - 6)[TASK]


async def test_what_was_reopened_is_completed_at_the_moment_it_was() -> None:
    scenario = await begun()
    scenario.now += timedelta(hours=1)
    await scenario.ask(CompleteTask(task_id=TASK))
    completed_at = scenario.now
    scenario.now += timedelta(hours=1)
    await scenario.ask(ReopenTask(task_id=TASK))
    assert await undone(scenario) == [TaskCompleted(completed_at=completed_at)]


async def test_what_was_restored_is_deleted_at_the_moment_it_was() -> None:
    scenario = await begun()
    await scenario.ask(DeleteTask(task_id=TASK))
    scenario.now += timedelta(hours=1)
    await scenario.ask(RestoreTask(task_id=TASK))
    assert await undone(scenario) == [TaskDeleted(deleted_at=EIGHT)]


async def test_a_completed_task_gets_its_reminders_back() -> None:
    scenario = await begun(due_at=DUE)
    await scenario.ask(CompleteTask(task_id=TASK))
    reopened, rearmed = await undone(scenario)
    assert reopened == TaskReopened()
    assert rearmed == ReminderRearmed(reminder_id=next(iter(await reminders(scenario))), due_at=DUE)


async def reminders(scenario: UndoScenario) -> Any:
    return (await scenario.task()).reminders


async def test_a_reminder_that_was_sent_and_snoozed_is_as_sent_as_before() -> None:
    scenario = await begun()
    spec = ReminderSpec(at=DUE)
    await scenario.ask(SetReminder(task_id=TASK, reminder_id=RING, series_id=OTHER, spec=spec))
    scenario.now = DUE
    ring = TriggerReminder(task_id=TASK, reminder_id=RING, due_at=DUE, window=timedelta(hours=1))
    await scenario.ask(ring, by="system:scheduler")
    before = (await reminders(scenario))[RING]
    await scenario.ask(SnoozeReminder(task_id=TASK, reminder_id=RING, length="PT1H"))
    [restored] = await undone(scenario)
    assert isinstance(restored, ReminderRestored)
    assert (await reminders(scenario))[RING] == before


async def test_a_created_task_whose_reminder_was_sent_since_is_deleted_all_the_same() -> None:
    scenario = await begun(due_at=DUE)
    scenario.now = DUE
    [reminder] = await reminders(scenario)
    ring = TriggerReminder(
        task_id=TASK, reminder_id=reminder, due_at=DUE, window=timedelta(hours=1)
    )
    await scenario.ask(ring, by="system:scheduler")
    assert await undone(scenario, 1) == [TaskDeleted()]


async def test_a_created_task_that_was_changed_since_is_not_deleted() -> None:
    scenario = await begun()
    await scenario.ask(change(title="Drown"))
    for force in (False, True):
        with pytest.raises(CannotUndo) as refused:
            await undone(scenario, 1, force=force)
        assert refused.value.left == {TASK: ("title",)}
    await undone(scenario, 2)  # all is as it was when the task was created
    assert await undone(scenario, 1) == [TaskDeleted()]


async def test_a_completion_takes_the_next_occurrence_along_and_brings_it_back() -> None:
    scenario = await begun(due_at=DUE, recurs=True)
    await scenario.ask(CompleteTask(task_id=TASK))
    done = scenario.changes
    assert len((await scenario.series()).tasks) == 2
    events = await undone(scenario)
    assert {type(event) for event in events} == {
        *(TaskReopened, ReminderRearmed, SeriesRestored, TaskDeleted, ReminderCancelled)
    }
    assert len((await scenario.series()).tasks) == 1
    [(_, made)] = (await scenario.series()).withdrawn.items()
    scenario.now += timedelta(hours=1)
    await scenario.ask(CompleteTask(task_id=TASK))
    assert list((await scenario.series()).tasks.values()) == [TASK, made]
    assert (await scenario.series()).generated_count == 2
    assert (await scenario.task(made)).deleted_at is None
    with pytest.raises(CannotUndo):
        await undone(scenario, done)


async def test_a_next_occurrence_that_was_changed_stays_with_force() -> None:
    scenario = await begun(due_at=DUE, recurs=True)
    await scenario.ask(CompleteTask(task_id=TASK))
    done, series = scenario.changes, await scenario.series()
    made = list(series.tasks.values())[-1]
    await scenario.ask(TagTask(task_id=made, tags=("c",)))
    with pytest.raises(CannotUndo) as refused:
        await undone(scenario, done)
    assert refused.value.left[made] == ("tags",)
    events = await undone(scenario, done, force=True)
    assert TaskReopened() in events
    assert TaskDeleted() not in events
    now = await scenario.series()
    assert (now.last_generated, list(now.tasks.values())) == (series.last_generated, [TASK, made])


async def test_a_skip_is_taken_back_in_the_series_too() -> None:
    scenario = await begun(due_at=DUE, recurs=True)
    await scenario.ask(SkipOccurrence(task_id=TASK))
    events = await undone(scenario)
    occurrence = (await scenario.series()).last_generated
    assert TaskUnskipped() in events
    assert SeriesOccurrenceRestored(occurrence=occurrence, task_id=TASK) in events
    redone = await undone(scenario)
    assert TaskSkipped(skipped_at=EIGHT) in redone


async def test_a_series_that_was_started_ends_and_its_task_recurs_no_more() -> None:
    scenario = await begun(due_at=DUE, recurs=True)
    events = await undone(scenario)
    assert SeriesEnded() in events
    assert TaskMadeSingle() in events
    assert (await scenario.task()).occurrence_ref is None


async def test_a_rule_is_as_it_was() -> None:
    scenario = await begun(due_at=DUE, recurs=True)
    before = await scenario.series()
    weekly = SetRecurrence(
        task_id=TASK,
        series_id=SeriesId(UUID(int=9)),
        rule="FREQ=WEEKLY",
        timezone="UTC",
        scope=SeriesScope.ALL,
    )
    await scenario.ask(weekly)
    await undone(scenario)
    after = await scenario.series()
    assert (after.schedule, after.next_due) == (before.schedule, before.next_due)


async def test_tags_are_taken_back_one_by_one() -> None:
    scenario = await begun()
    await scenario.ask(change(tags=("b", "c")))
    await scenario.ask(TagTask(task_id=TASK, tags=("d",)))
    await undone(scenario, 2)
    assert (await scenario.task()).tags == ("b", "d", "a")


async def test_other_fields_do_not_hinder_and_the_same_do() -> None:
    scenario = await begun()
    await scenario.ask(change(title="one", description="one"))
    await scenario.ask(change(description="two", priority="high"))
    with pytest.raises(CannotUndo) as refused:
        await undone(scenario, 2)
    assert refused.value.left == {TASK: ("description",)}
    assert await undone(scenario, 2, force=True) == [TaskUpdated(title="Water")]


async def test_nothing_of_a_deleted_task_is_put_back() -> None:
    scenario = await begun()
    await scenario.ask(change(title="one"))
    await scenario.ask(DeleteTask(task_id=TASK))
    with pytest.raises(CannotUndo) as refused:
        await undone(scenario, 2)
    assert refused.value.left == {TASK: ("title",)}
    assert await undone(scenario, 3) == [TaskRestored()]
    assert await undone(scenario, 2) == [TaskUpdated(title="Water")]


async def test_a_change_is_undone_once_also_by_two_at_once() -> None:
    scenario = await begun()
    await scenario.ask(CompleteTask(task_id=TASK))
    await undone(scenario, 2)
    with pytest.raises(CannotUndo) as refused:
        await undone(scenario, 2)
    assert refused.value.left == {}


async def test_a_deleted_list_comes_back_with_its_tasks() -> None:
    scenario = await begun()
    home = ListId(UUID(int=0x11))
    await scenario.ask(CreateList(list_id=home, owner=ADA, name="Home"))
    await scenario.ask(change(list_id=home))
    await scenario.ask(DeleteList(list_id=home, tasks=ListTasks.KEEP))
    assert (await scenario.task()).list_id is None
    events = await undone(scenario)
    assert sorted(type(event).__name__ for event in events) == ["ListRestored", "TaskMoved"]
    assert (await scenario.task()).list_id == home
    await undone(scenario)
    assert (await scenario.task()).list_id is None


async def test_only_the_owner_may_undo_and_not_everything() -> None:
    scenario = await begun()
    with pytest.raises(ChangeNotFound):
        await undone(scenario, by=str(BOB))
    await scenario.has_account_and_notice()
    await scenario.ask(RequestVerification(account_id=ADA))
    with pytest.raises(NotUndoable, match="PUT /auth/me/email"):
        await undone(scenario)


async def test_what_a_delivery_found_out_about_a_webhook_neither_hinders_nor_is_undone() -> None:
    scenario = await begun()
    await scenario.ask(hook())
    await scenario.ask(CompleteTask(task_id=TASK))
    completed = scenario.changes
    # The webhook was called because of the completion, and is gone.
    found = NoteGone(account_id=ADA, endpoint_id=HOOK, why="It answered 410 Gone.")
    because = replace(context(actor="system:look_after"), change_id=UUID(int=completed))
    await scenario.handler.handle(found, because)
    assert await undone(scenario, completed) == [TaskReopened()]
    assert not (await preferences(scenario)).endpoints[HOOK].on


async def test_a_webhook_comes_back_in_its_place_and_only_if_there_is_room() -> None:
    scenario = await begun()
    for number in range(MOST_ENDPOINTS):
        scenario.now += timedelta(minutes=1)
        await scenario.ask(hook(EndpointId(UUID(int=number + 1))))
    before = (await preferences(scenario)).endpoints
    first = next(iter(before))
    await scenario.ask(RemoveEndpoint(account_id=ADA, endpoint_id=first))
    removed = scenario.changes
    await undone(scenario)
    assert list((await preferences(scenario)).endpoints.items()) == list(before.items())
    await undone(scenario)  # which removes it again
    await scenario.ask(hook())
    with pytest.raises(TooManyEndpoints):
        await undone(scenario, removed)


async def test_an_address_that_was_verified_is_put_back_as_verified() -> None:
    scenario = await begun()
    for address in ("ada@annals.example", "countess@annals.example"):
        await scenario.ask(ChangePreferences(account_id=ADA, readdress=True, address=address))
        await scenario.ask(VerifyAddress(account_id=ADA, address=address))
    assert await undone(scenario, 4) == [
        AddressGiven(account_id=ADA, address="ada@annals.example"),
        AddressVerified(address="ada@annals.example"),
    ]


def hook(id_: EndpointId = HOOK) -> AddEndpoint:
    return AddEndpoint(
        account_id=ADA,
        endpoint_id=id_,
        channel=ChannelName.WEBHOOK,
        host="annals.example",
        most=MOST_ENDPOINTS,
    )


async def preferences(scenario: UndoScenario) -> Preferences:
    return await scenario.handler.current_state(Preferences(), preferences_stream(ADA))


async def test_an_occurrence_that_was_reopened_before_its_reaction_makes_no_next() -> None:
    """The reaction may come late: what was undone in between leads to nothing."""
    scenario = await begun(due_at=DUE, recurs=True)
    length = len(scenario.store.log)
    position, scenario.position = scenario.position, 1_000_000  # the reaction sleeps
    await scenario.ask(CompleteTask(task_id=TASK))
    await scenario.undo(scenario.changes)
    scenario.position = position
    await scenario.react()
    assert [type(past.event) for past in scenario.store.log[length:]] == [
        TaskCompleted,
        ReminderCancelled,
        TaskReopened,
        ReminderRearmed,
        ChangeUndone,
    ]


async def test_what_a_late_reaction_generates_is_part_of_the_completion() -> None:
    scenario = await begun(due_at=DUE)
    position, scenario.position = scenario.position, 1_000_000
    await scenario.ask(RECUR)
    scenario.now += timedelta(minutes=1)
    await scenario.ask(CompleteTask(task_id=TASK))
    done = scenario.changes
    scenario.position = position
    await scenario.react()
    assert [past.change_id for past in scenario.store.log][-1] == UUID(int=done)
    await undone(scenario, done)
    assert list((await scenario.series()).tasks.values()) == [TASK]
