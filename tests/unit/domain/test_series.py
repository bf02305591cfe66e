"""What a series does when its tasks are done in time, late, twice, or never."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from application.commands.occurrence_changes import (
    ChangeOccurrences,
    SkipOccurrence,
    UnskipOccurrence,
)
from application.commands.recurrence import EndRecurrence, SeriesScope, SetRecurrence
from application.commands.series import TopUpSeries
from application.commands.tasks import ChangeTask, DeleteTask, ReopenTask
from domain.errors import RuleRefused, TaskIsSkipped
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.reminders import ReminderSet
from domain.events.series import (
    SeriesEnded,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
)
from domain.generation import HORIZON, MAX_GENERATED_AT_ONCE, MAX_MISSED
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.values.schedule import Anchor, Materialization, MissedPolicy
from domain.values.streams import occurrence_stream
from domain.values.task_fields import TaskContentChange, TaskFieldsChange
from domain.vocabulary import SeriesId, Status, TaskId
from tests.golden.series_samples import OTHER, SERIES
from tests.support.facts import TASK
from tests.support.series_scenario import SeriesScenario

pytestmark = pytest.mark.anyio

BERLIN = zone("Europe/Berlin")
# A Tuesday in winter, 09:00 in Berlin.
DUE = datetime(2030, 1, 1, 8, tzinfo=UTC)


def day(number: int, month: int = 1) -> datetime:
    """09:00 on the wall."""
    return datetime(2030, month, number, 9)


def at(wall: datetime) -> datetime:
    return resolve(wall, BERLIN)


@pytest.fixture
def scenario() -> SeriesScenario:
    return SeriesScenario(DUE - timedelta(days=1))


def occurrence(wall: datetime, series: SeriesId = SERIES) -> TaskId:
    return TaskId(occurrence_stream(series, wall))


# One at a time


async def test_one_done_in_time_leads_to_the_next(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    assert scenario.made() == [day(8)]
    following = await scenario.task(occurrence(day(8)))
    assert (following.title, following.due_at, following.status) == (
        "Water",
        at(day(8)),
        Status.OPEN,
    )
    (generated,) = scenario.happened(TaskOccurrenceGenerated)
    assert (generated.series_id, generated.tzdata) == (SERIES, ZONES_VERSION)


async def test_one_done_early_leads_to_the_one_after_it(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.complete(TASK, at=DUE - timedelta(days=10))
    await scenario.react()
    assert scenario.made() == [day(8)]


async def test_one_done_late_leads_to_the_first_still_to_come(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.complete(TASK, at=at(day(23)))
    await scenario.react()
    assert scenario.made() == [day(29)]
    missed = scenario.happened(SeriesOccurrenceMissed)
    assert [fact.occurrence for fact in missed] == [day(8), day(15), day(22)]
    assert [fact.due_at for fact in missed] == [at(day(8)), at(day(15)), at(day(22))]


async def test_what_was_missed_is_made_where_that_is_wanted(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, missed=MissedPolicy.GENERATE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react(now=at(day(22)) + timedelta(minutes=1))  # after three weeks without us
    assert scenario.made() == [day(number) for number in range(2, 24)]
    assert scenario.happened(SeriesOccurrenceMissed) == []
    sizes = [len(fact.made) for fact in scenario.happened(SeriesOccurrencesMade)]
    assert sizes == [MAX_GENERATED_AT_ONCE, 10]


async def test_three_weeks_without_us_are_skipped_unless_said_otherwise(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react(now=at(day(22)) + timedelta(minutes=1))
    assert scenario.made() == [day(23)]
    missed = scenario.happened(SeriesOccurrenceMissed)
    assert [fact.occurrence for fact in missed] == [day(number) for number in range(2, 23)]


async def test_what_passed_beyond_the_horizon_is_missed_even_where_all_is_wanted(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, missed=MissedPolicy.GENERATE)
    await scenario.complete(TASK, at=DUE)
    now = DUE + timedelta(days=100, minutes=1)
    await scenario.react(now=now)
    made = [resolve(wall, BERLIN) for wall in scenario.made()]
    assert min(made) > now - HORIZON
    assert len(made) == 91
    assert len(scenario.happened(SeriesOccurrenceMissed)) == 10


async def test_years_without_us_are_told_in_so_many_facts_and_no_more(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY;BYHOUR=9,21", due_at=DUE)
    await scenario.complete(TASK, at=DUE + timedelta(days=3000))
    await scenario.react()
    assert len(scenario.happened(SeriesOccurrenceMissed)) == MAX_MISSED
    assert len(scenario.made()) == 1


async def test_done_twice_it_advances_once(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    await scenario.ask(ReopenTask(task_id=TASK))
    await scenario.complete(TASK)
    await scenario.react()
    assert scenario.made() == [day(8)]


async def test_an_older_one_done_after_a_newer_advances_nothing(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.ask(SkipOccurrence(task_id=TASK))
    await scenario.react()
    await scenario.complete(occurrence(day(8)), at=at(day(8)))
    await scenario.react()
    await scenario.ask(UnskipOccurrence(task_id=TASK))
    await scenario.complete(TASK)
    await scenario.react()
    assert scenario.made() == [day(8), day(15)]


async def test_a_fact_seen_twice_leads_to_one_task(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    length = len(scenario.store.log)
    for recorded in list(scenario.store.log):
        await scenario.see(recorded)
    assert len(scenario.store.log) == length


async def test_a_deleted_one_makes_way(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.ask(DeleteTask(task_id=TASK))
    await scenario.react()
    assert scenario.made() == [day(8)]


async def test_the_last_of_a_count_ends_the_series(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY;COUNT=2", due_at=DUE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    assert (await scenario.series()).running
    await scenario.complete(occurrence(day(8)), at=at(day(8)))
    await scenario.react()
    assert scenario.made() == [day(8)]
    assert scenario.happened(SeriesEnded) == [SeriesEnded(exhausted=True)]


async def test_an_excluded_date_is_passed_over(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE, excluded=("2030-01-08",))
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    assert scenario.made() == [day(15)]
    assert scenario.happened(SeriesOccurrenceMissed) == []


async def test_the_wall_time_stays_when_clocks_change(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=MONTHLY", due_at=DUE)
    for month in range(1, 6):
        task = TASK if month == 1 else occurrence(day(1, month))
        await scenario.complete(task, at=at(day(1, month)))
        await scenario.react()
    assert scenario.made() == [day(1, month) for month in range(2, 7)]
    assert (await scenario.task(occurrence(day(1, 6)))).due_at == datetime(
        2030, 6, 1, 7, tzinfo=UTC
    )


async def test_its_own_changes_never_wipe_the_rule(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    change = ChangeTask(
        task_id=TASK,
        change=TaskFieldsChange(title="Only today", due_at=DUE + timedelta(hours=3), tags=()),
    )
    await scenario.ask(change)
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    assert (await scenario.task(occurrence(day(8)))).title == "Water"
    assert scenario.made() == [day(8)]


async def test_reminders_of_the_template_come_along_while_they_are_ahead(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE, reminders=("P1D", "P30D"))
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    when_due, reminder = scenario.happened(ReminderSet)
    assert when_due.before == "PT0S"  # by preferences, until the rule came with its own
    assert (reminder.before, reminder.due_at) == ("P1D", at(day(7)))
    assert len((await scenario.task(occurrence(day(8)))).reminders) == 1


# Counted from completion


async def test_counted_from_completion_the_next_is_an_interval_after_the_day_it_was_done(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY;INTERVAL=10", due_at=DUE, anchor=Anchor.COMPLETION)
    await scenario.complete(TASK, at=at(day(5)))
    await scenario.react()
    assert scenario.made() == [day(15)]


async def test_done_before_it_was_due_it_does_not_come_at_the_same_time_again(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, anchor=Anchor.COMPLETION)
    await scenario.complete(TASK, at=DUE - timedelta(days=1))
    await scenario.react()
    assert scenario.made() == [day(2)]


async def test_counted_from_completion_a_count_counts_what_was_made(
    scenario: SeriesScenario,
) -> None:
    rule = "FREQ=DAILY;INTERVAL=2;COUNT=3"
    await scenario.begin(rule, due_at=DUE, anchor=Anchor.COMPLETION)
    for wall in (day(1), day(3), day(5)):
        await scenario.complete(TASK if wall == day(1) else occurrence(wall), at=at(wall))
        await scenario.react()
    assert scenario.made() == [day(3), day(5)]
    assert scenario.happened(SeriesEnded) == [SeriesEnded(exhausted=True)]


async def test_what_is_counted_from_completion_cannot_be_made_ahead(
    scenario: SeriesScenario,
) -> None:
    with pytest.raises(RuleRefused) as refused:
        await scenario.begin(
            "FREQ=DAILY", due_at=DUE, anchor=Anchor.COMPLETION, ahead=Materialization.HORIZON
        )
    assert refused.value.part == "ahead"


# Made ahead


async def test_a_horizon_is_filled_twelve_at_a_time_and_no_further_than_ninety_days(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON)
    await scenario.react()
    assert scenario.made() == [day(number) for number in range(2, 14)]
    for _ in range(20):
        await scenario.ask(TopUpSeries(series_id=SERIES), by="system:horizon")
    latest = at(scenario.made()[-1])
    assert latest <= scenario.now + HORIZON < latest + timedelta(days=1)
    assert all(after - before == timedelta(days=1) for before, after in pairwise(scenario.made()))


async def test_completing_one_of_many_makes_no_other(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON)
    await scenario.react()
    await scenario.complete(occurrence(day(13)), at=at(day(13)))
    await scenario.react()
    assert len(scenario.made()) == MAX_GENERATED_AT_ONCE


@pytest.mark.parametrize("policy", MissedPolicy)
async def test_a_horizon_passed_by_is_missed_or_made_as_the_policy_says(
    scenario: SeriesScenario, policy: MissedPolicy
) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON, missed=policy)
    await scenario.react()
    scenario.now = at(day(3, 2))  # twelve were made, until the 13th of January: three weeks ago
    await scenario.ask(TopUpSeries(series_id=SERIES), by="system:horizon")
    await scenario.react()
    passed = [day(14) + timedelta(days=n) for n in range(21)]
    missed = [fact.occurrence for fact in scenario.happened(SeriesOccurrenceMissed)]
    made = scenario.made()[MAX_GENERATED_AT_ONCE:]
    if policy is MissedPolicy.SKIP:
        assert (missed, made[0], len(made)) == (passed, day(4, 2), MAX_GENERATED_AT_ONCE)
    else:
        assert (missed, made[:21], len(made)) == ([], passed, 2 * MAX_GENERATED_AT_ONCE)


async def test_a_horizon_that_reaches_the_end_ends_the_series(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=DAILY;COUNT=5", due_at=DUE, ahead=Materialization.HORIZON)
    await scenario.react()
    assert scenario.made() == [day(number) for number in range(2, 6)]
    assert not (await scenario.series()).running


# Leaving out, changing, ending


async def test_skipping_is_told_by_task_and_series_in_one_breath(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.ask(SkipOccurrence(task_id=TASK))
    await scenario.ask(SkipOccurrence(task_id=TASK))
    await scenario.react()
    skipped = SeriesOccurrenceSkipped(occurrence=day(1), task_id=TASK)
    assert scenario.happened(SeriesOccurrenceSkipped) == [skipped]
    assert (await scenario.task()).status is Status.SKIPPED
    assert scenario.made() == [day(8)]
    with pytest.raises(TaskIsSkipped):
        await scenario.complete(TASK)
    await scenario.ask(UnskipOccurrence(task_id=TASK))
    assert len(scenario.happened(SeriesOccurrenceRestored)) == 1
    assert (await scenario.task()).status is Status.OPEN


async def test_an_ended_series_makes_no_more(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.ask(EndRecurrence(task_id=TASK))
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    assert scenario.made() == []


async def test_this_and_following_share_out_the_count(scenario: SeriesScenario) -> None:
    await scenario.begin("FREQ=WEEKLY;COUNT=4", due_at=DUE)
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    second = occurrence(day(8))
    await scenario.ask(
        ChangeOccurrences(
            task_id=second,
            series_id=OTHER,
            scope=SeriesScope.FOLLOWING,
            change=TaskContentChange(title="Feed the cat"),
        )
    )
    await scenario.react()
    for wall in (day(8), day(15), day(22)):
        task = second if wall == day(8) else occurrence(wall, OTHER)
        await scenario.complete(task, at=at(wall))
        await scenario.react()
    assert scenario.made() == [day(8), day(15), day(22)]
    assert not (await scenario.series(OTHER)).running
    assert (await scenario.task(occurrence(day(22), OTHER))).title == "Feed the cat"


async def test_counted_from_completion_this_and_following_share_out_the_count(
    scenario: SeriesScenario,
) -> None:
    rule = "FREQ=DAILY;INTERVAL=2;COUNT=3"
    await scenario.begin(rule, due_at=DUE, anchor=Anchor.COMPLETION)
    await scenario.complete(TASK, at=at(day(2)))  # so that no calendar has what follows
    await scenario.react()
    second = occurrence(day(4))
    change = ChangeOccurrences(
        task_id=second,
        series_id=OTHER,
        scope=SeriesScope.FOLLOWING,
        change=TaskContentChange(title="Feed the cat"),
    )
    await scenario.ask(change)
    await scenario.react()
    for task, wall in ((second, day(4)), (occurrence(day(6), OTHER), day(6))):
        await scenario.complete(task, at=at(wall))
        await scenario.react()
    assert scenario.made() == [day(4), day(6)]


async def test_what_was_made_by_an_earlier_rule_is_neither_made_again_nor_missed(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON)
    await scenario.react()
    every_other = SetRecurrence(
        task_id=TASK,
        series_id=OTHER,
        rule="FREQ=DAILY;INTERVAL=2",
        timezone="Europe/Berlin",
        ahead=Materialization.HORIZON,
        scope=SeriesScope.ALL,
    )
    await scenario.ask(every_other)
    await scenario.react(now=at(day(6)))
    assert scenario.happened(SeriesOccurrenceMissed) == []
    assert scenario.made()[MAX_GENERATED_AT_ONCE:] == [day(n) for n in range(15, 31, 2)]
    kept = [(await scenario.task(occurrence(day(n)))).status for n in range(2, 14)]
    assert kept == [Status.DELETED, Status.OPEN] * 6


async def test_another_rule_begins_a_series_that_continues_the_first(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    daily = SetRecurrence(
        task_id=TASK, series_id=OTHER, rule="FREQ=DAILY", timezone="Europe/Berlin"
    )
    await scenario.ask(daily)
    await scenario.react()
    await scenario.complete(TASK, at=DUE)
    await scenario.react()
    assert scenario.made() == [day(2)]
    before, after = await scenario.series(SERIES), await scenario.series(OTHER)
    assert (before.following, after.continues) == (OTHER, SERIES)
    assert not before.running


@pytest.mark.parametrize("scope", SeriesScope)
async def test_to_ask_for_the_same_rule_again_changes_nothing(
    scenario: SeriesScenario, scope: SeriesScope
) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    again = SetRecurrence(
        task_id=TASK,
        series_id=OTHER,
        rule="FREQ=WEEKLY",
        timezone="Europe/Berlin",
        scope=scope,
    )
    length = len(scenario.store.log)
    await scenario.ask(again)
    assert len(scenario.store.log) == length


async def test_what_was_done_before_it_began_to_recur_leads_on_at_once(
    scenario: SeriesScenario,
) -> None:
    await scenario.begin("FREQ=WEEKLY", due_at=DUE)
    await scenario.ask(EndRecurrence(task_id=TASK))
    await scenario.complete(TASK, at=DUE)
    again = SetRecurrence(
        task_id=TASK, series_id=OTHER, rule="FREQ=WEEKLY", timezone="Europe/Berlin"
    )
    await scenario.ask(again)
    await scenario.react()
    assert scenario.made() == [day(8)]
