"""Reminders of a recurring task ring for the task in hand, and for the occurrences after it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.commands.preferences import ChangePreferences
from application.commands.recurrence import EndRecurrence, SeriesScope, SetRecurrence
from application.commands.reminders import CancelReminder, SetReminder
from domain.errors import ReminderRefused, TaskDoesNotRecur
from domain.events.preferences import PreferencesChanged
from domain.reminders.spec import ReminderSpec
from domain.values.schedule import Materialization
from domain.vocabulary import CancelReason, ReminderId, TaskId
from tests.golden.series_samples import OTHER
from tests.support.facts import ADA, TASK
from tests.support.series_scenario import SeriesScenario

pytestmark = pytest.mark.anyio

DUE = datetime(2030, 1, 1, 8, tzinfo=UTC)
BELL = ReminderId(UUID(int=0xBE11))
NAGGING = "PT30M every PT10M at most 3"


@pytest.fixture
async def scenario() -> SeriesScenario:
    """Two days before it is due, an account that switched default reminders off."""
    scenario = SeriesScenario(DUE - timedelta(days=2))
    off = PreferencesChanged(default_reminders=())
    await scenario.ask(ChangePreferences(account_id=ADA, wanted=off))
    return scenario


async def pending(scenario: SeriesScenario, task: TaskId = TASK) -> list[tuple[str | None, str]]:
    """The reminders of a task that will ring: how long before, and when."""
    found = (await scenario.task(task)).reminders.values()
    return [(each.before, f"{each.due_at:%d %H:%M}") for each in found if each.pending]


async def remind(
    scenario: SeriesScenario,
    task: TaskId = TASK,
    *,
    scope: SeriesScope | None = None,
    **wish: object,
) -> None:
    spec = ReminderSpec(timezone="Europe/Berlin", **wish)  # type: ignore[arg-type]
    await scenario.ask(
        SetReminder(task_id=task, reminder_id=BELL, series_id=OTHER, scope=scope, spec=spec)
    )
    await scenario.react()


async def next_task(scenario: SeriesScenario) -> TaskId:
    """Complete the task in hand; return the occurrence after it."""
    await scenario.complete(TASK)
    await scenario.react()
    *_, latest = (await scenario.series()).tasks.values()
    return latest


async def test_reminders_given_with_the_rule_ring_for_the_task_in_hand_too(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE, reminders=("PT15M",))
    assert await pending(scenario) == [("PT15M", "01 07:45")]
    assert await pending(scenario, await next_task(scenario)) == [("PT15M", "08 07:45")]


async def test_a_reminder_set_after_the_rule_lives_on(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await remind(scenario, before="PT1H")
    assert await pending(scenario, await next_task(scenario)) == [("PT1H", "08 07:00")]


async def test_one_of_this_task_alone_does_not(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await remind(scenario, before="PT1H", scope=SeriesScope.THIS)
    assert await pending(scenario, await next_task(scenario)) == []


async def test_a_repeated_reminder_keeps_its_repetition(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await remind(scenario, before="PT30M", every="PT10M", at_most=3)
    assert (await scenario.series()).template.reminders == (NAGGING,)
    (bell,) = (await scenario.task(await next_task(scenario))).reminders.values()
    assert (bell.before, bell.every, bell.at_most) == ("PT30M", "PT10M", 3)


async def test_what_the_task_had_before_the_rule_is_carried_on(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE, reminders=())
    await remind(scenario, before="PT30M", every="PT10M", at_most=3, scope=SeriesScope.THIS)
    again = SetRecurrence(
        task_id=TASK, series_id=OTHER, rule="FREQ=DAILY", timezone="Europe/Berlin"
    )
    await scenario.ask(again)
    assert (await scenario.series(OTHER)).template.reminders == (NAGGING,)


async def test_a_reminder_for_a_fixed_moment_stays_with_its_task(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    with pytest.raises(ReminderRefused) as refused:
        await remind(scenario, at=DUE, scope=SeriesScope.ALL)
    assert refused.value.field == "scope"
    await remind(scenario, at=DUE)
    assert await pending(scenario) == [(None, "01 08:00")]
    assert (await scenario.series()).template.reminders == ()


async def test_following_and_all_reach_the_tasks_that_exist(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY;COUNT=3", due_at=DUE, ahead=Materialization.HORIZON)
    await scenario.react()
    first, second, third = (await scenario.series()).tasks.values()
    await remind(scenario, second, before="PT1H", scope=SeriesScope.FOLLOWING)
    assert [len(await pending(scenario, task)) for task in (first, second, third)] == [0, 1, 1]
    assert (await scenario.series(OTHER)).template.reminders == ("PT1H",)
    assert (await scenario.task(third)).series_id == OTHER


async def test_cancelled_for_all_it_is_gone_and_can_come_back(scenario: SeriesScenario) -> None:
    await scenario.begin(
        "FREQ=WEEKLY;COUNT=3", due_at=DUE, ahead=Materialization.HORIZON, reminders=("PT1H",)
    )
    await scenario.react()
    tasks = list((await scenario.series()).tasks.values())
    (bell,) = (await scenario.task()).reminders
    await scenario.ask(CancelReminder(task_id=TASK, reminder_id=bell, series_id=OTHER))
    await scenario.react()
    assert [await pending(scenario, task) for task in tasks] == [[], [], []]
    (silent,) = (await scenario.task(tasks[1])).reminders.values()
    assert silent.cancel_reason is CancelReason.SERIES
    await remind(scenario, before="PT1H")
    assert [len(await pending(scenario, task)) for task in tasks] == [1, 1, 1]


async def test_cancelled_on_one_task_it_stays_cancelled_there(scenario: SeriesScenario) -> None:
    await scenario.begin(
        "FREQ=WEEKLY;COUNT=2", due_at=DUE, ahead=Materialization.HORIZON, reminders=("PT1H",)
    )
    await scenario.react()
    first, second = (await scenario.series()).tasks.values()
    (bell,) = (await scenario.task(second)).reminders
    await scenario.ask(
        CancelReminder(task_id=second, reminder_id=bell, series_id=OTHER, scope=SeriesScope.THIS)
    )
    await remind(scenario, first, before="PT2H")
    assert [before for before, _ in await pending(scenario, second)] == ["PT2H"]


async def test_the_reminders_of_a_rule_replace_those_of_preferences(
    scenario: SeriesScenario,
) -> None:
    on = PreferencesChanged(default_reminders=("PT0S",))
    await scenario.ask(ChangePreferences(account_id=ADA, wanted=on))
    await scenario.begin("FREQ=WEEKLY", due_at=DUE, reminders=("PT15M",))
    assert await pending(scenario) == [("PT15M", "01 07:45")]


async def test_the_reminders_of_preferences_recur(scenario: SeriesScenario) -> None:
    on = PreferencesChanged(default_reminders=("PT0S",))
    await scenario.ask(ChangePreferences(account_id=ADA, wanted=on))
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    assert await pending(scenario, await next_task(scenario)) == [("PT0S", "08 08:00")]


async def test_a_scope_needs_a_series(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.ask(EndRecurrence(task_id=TASK))
    with pytest.raises(TaskDoesNotRecur):
        await remind(scenario, before="PT1H", scope=SeriesScope.ALL)
    await remind(scenario, before="PT1H")
    assert await pending(scenario) == [("PT1H", "01 07:00")]
