"""What a series does when its tasks are done in time, late, twice, or never."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from application.commands.occurrence_changes import (
    ChangeOccurrences,
    SkipOccurrence,
    UnskipOccurrence,
)
from application.commands.recurrence import EndRecurrence, Scope, SetRecurrence
from application.commands.reminders import SetReminder
from application.commands.series import TopUpSeries
from application.commands.tasks import ChangeTask, DeleteTask, ReopenTask
from domain.errors import RuleRefused, TaskDoesNotRecur, TaskIsSkipped
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.reminders import ReminderCancelled, ReminderRearmed, ReminderSet
from domain.events.series import (
    SeriesEnded,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
)
from domain.generation import HORIZON, MAX_GENERATED_AT_ONCE, MAX_MISSED
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.reminder import ReminderSpec
from domain.values.schedule import Anchor, Materialization, MissedPolicy
from domain.values.streams import occurrence_stream
from domain.vocabulary import CancelReason, ReminderId, SeriesId, Status, TaskId
from tests.golden.series_samples import OTHER, SERIES
from tests.support.facts import TASK
from tests.support.series_scenario import Story

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
def story() -> Story:
    return Story(DUE - timedelta(days=1))


def occurrence(wall: datetime, series: SeriesId = SERIES) -> TaskId:
    return TaskId(occurrence_stream(series, wall))


# One at a time


async def test_one_done_in_time_leads_to_the_next(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.complete(TASK, at=DUE)
    await story.react()
    assert story.made() == [day(8)]
    following = await story.task(occurrence(day(8)))
    assert (following.title, following.due_at, following.status) == (
        "Water",
        at(day(8)),
        Status.OPEN,
    )
    (generated,) = story.happened(TaskOccurrenceGenerated)
    assert (generated.series_id, generated.tzdata) == (SERIES, ZONES_VERSION)


async def test_one_done_early_leads_to_the_one_after_it(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.complete(TASK, at=DUE - timedelta(days=10))
    await story.react()
    assert story.made() == [day(8)]


async def test_one_done_late_leads_to_the_first_still_to_come(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.complete(TASK, at=at(day(23)))
    await story.react()
    assert story.made() == [day(29)]
    missed = story.happened(SeriesOccurrenceMissed)
    assert [fact.occurrence for fact in missed] == [day(8), day(15), day(22)]
    assert [fact.due_at for fact in missed] == [at(day(8)), at(day(15)), at(day(22))]


async def test_what_was_missed_is_made_where_that_is_wanted(story: Story) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, missed=MissedPolicy.GENERATE)
    await story.complete(TASK, at=DUE)
    await story.react(now=at(day(22)) + timedelta(minutes=1))  # after three weeks without us
    assert story.made() == [day(number) for number in range(2, 24)]
    assert story.happened(SeriesOccurrenceMissed) == []
    sizes = [len(fact.made) for fact in story.happened(SeriesOccurrencesMade)]
    assert sizes == [MAX_GENERATED_AT_ONCE, 10]


async def test_three_weeks_without_us_are_skipped_unless_said_otherwise(story: Story) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE)
    await story.complete(TASK, at=DUE)
    await story.react(now=at(day(22)) + timedelta(minutes=1))
    assert story.made() == [day(23)]
    missed = story.happened(SeriesOccurrenceMissed)
    assert [fact.occurrence for fact in missed] == [day(number) for number in range(2, 23)]


async def test_what_passed_beyond_the_horizon_is_missed_even_where_all_is_wanted(
    story: Story,
) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, missed=MissedPolicy.GENERATE)
    await story.complete(TASK, at=DUE)
    now = DUE + timedelta(days=100, minutes=1)
    await story.react(now=now)
    made = [resolve(wall, BERLIN) for wall in story.made()]
    assert min(made) > now - HORIZON
    assert len(made) == 91
    assert len(story.happened(SeriesOccurrenceMissed)) == 10


async def test_years_without_us_are_told_in_so_many_facts_and_no_more(story: Story) -> None:
    await story.begin("FREQ=DAILY;BYHOUR=9,21", due_at=DUE)
    await story.complete(TASK, at=DUE + timedelta(days=3000))
    await story.react()
    assert len(story.happened(SeriesOccurrenceMissed)) == MAX_MISSED
    assert len(story.made()) == 1


async def test_done_twice_it_advances_once(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.complete(TASK, at=DUE)
    await story.react()
    await story.ask(ReopenTask(task_id=TASK))
    await story.complete(TASK)
    await story.react()
    assert story.made() == [day(8)]


async def test_an_older_one_done_after_a_newer_advances_nothing(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.ask(SkipOccurrence(task_id=TASK))
    await story.react()
    await story.complete(occurrence(day(8)), at=at(day(8)))
    await story.react()
    await story.ask(UnskipOccurrence(task_id=TASK))
    await story.complete(TASK)
    await story.react()
    assert story.made() == [day(8), day(15)]


async def test_a_fact_seen_twice_leads_to_one_task(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.complete(TASK, at=DUE)
    await story.react()
    length = len(story.store.log)
    for recorded in list(story.store.log):
        await story.see(recorded)
    assert len(story.store.log) == length


async def test_a_deleted_one_makes_way(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.ask(DeleteTask(task_id=TASK))
    await story.react()
    assert story.made() == [day(8)]


async def test_the_last_of_a_count_ends_the_series(story: Story) -> None:
    await story.begin("FREQ=WEEKLY;COUNT=2", due_at=DUE)
    await story.complete(TASK, at=DUE)
    await story.react()
    assert (await story.series()).running
    await story.complete(occurrence(day(8)), at=at(day(8)))
    await story.react()
    assert story.made() == [day(8)]
    assert story.happened(SeriesEnded) == [SeriesEnded(exhausted=True)]


async def test_an_excluded_date_is_passed_over(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE, excluded=("2030-01-08",))
    await story.complete(TASK, at=DUE)
    await story.react()
    assert story.made() == [day(15)]
    assert story.happened(SeriesOccurrenceMissed) == []


async def test_the_wall_time_stays_when_clocks_change(story: Story) -> None:
    await story.begin("FREQ=MONTHLY", due_at=DUE)
    for month in range(1, 6):
        task = TASK if month == 1 else occurrence(day(1, month))
        await story.complete(task, at=at(day(1, month)))
        await story.react()
    assert story.made() == [day(1, month) for month in range(2, 7)]
    assert (await story.task(occurrence(day(1, 6)))).due_at == datetime(2030, 6, 1, 7, tzinfo=UTC)


async def test_its_own_changes_never_wipe_the_rule(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    change = ChangeTask(task_id=TASK, title="Only today", due_at=DUE + timedelta(hours=3), tags=())
    await story.ask(change)
    await story.complete(TASK, at=DUE)
    await story.react()
    assert (await story.task(occurrence(day(8)))).title == "Water"
    assert story.made() == [day(8)]


async def test_reminders_of_the_template_come_along_while_they_are_ahead(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE, reminders=("P1D", "P30D"))
    await story.complete(TASK, at=DUE)
    await story.react()
    (reminder,) = story.happened(ReminderSet)
    assert (reminder.before, reminder.due_at) == ("P1D", at(day(7)))
    assert len((await story.task(occurrence(day(8)))).reminders) == 1


# Counted from completion


async def test_counted_from_completion_the_next_is_an_interval_after_the_day_it_was_done(
    story: Story,
) -> None:
    await story.begin("FREQ=DAILY;INTERVAL=10", due_at=DUE, anchor=Anchor.COMPLETION)
    await story.complete(TASK, at=at(day(5)))
    await story.react()
    assert story.made() == [day(15)]


async def test_done_before_it_was_due_it_does_not_come_at_the_same_time_again(
    story: Story,
) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, anchor=Anchor.COMPLETION)
    await story.complete(TASK, at=DUE - timedelta(days=1))
    await story.react()
    assert story.made() == [day(2)]


async def test_counted_from_completion_a_count_counts_what_was_made(story: Story) -> None:
    rule = "FREQ=DAILY;INTERVAL=2;COUNT=3"
    await story.begin(rule, due_at=DUE, anchor=Anchor.COMPLETION)
    for wall in (day(1), day(3), day(5)):
        await story.complete(TASK if wall == day(1) else occurrence(wall), at=at(wall))
        await story.react()
    assert story.made() == [day(3), day(5)]
    assert story.happened(SeriesEnded) == [SeriesEnded(exhausted=True)]


async def test_what_is_counted_from_completion_cannot_be_made_ahead(story: Story) -> None:
    with pytest.raises(RuleRefused) as refused:
        await story.begin(
            "FREQ=DAILY", due_at=DUE, anchor=Anchor.COMPLETION, ahead=Materialization.HORIZON
        )
    assert refused.value.part == "ahead"


# Made ahead


async def test_a_horizon_is_filled_twelve_at_a_time_and_no_further_than_ninety_days(
    story: Story,
) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON)
    await story.react()
    assert story.made() == [day(number) for number in range(2, 14)]
    for _ in range(20):
        await story.ask(TopUpSeries(series_id=SERIES), by="system:horizon")
    latest = at(story.made()[-1])
    assert latest <= story.now + HORIZON < latest + timedelta(days=1)
    assert all(after - before == timedelta(days=1) for before, after in pairwise(story.made()))


async def test_completing_one_of_many_makes_no_other(story: Story) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON)
    await story.react()
    await story.complete(occurrence(day(13)), at=at(day(13)))
    await story.react()
    assert len(story.made()) == MAX_GENERATED_AT_ONCE


@pytest.mark.parametrize("policy", MissedPolicy)
async def test_a_horizon_passed_by_is_missed_or_made_as_the_policy_says(
    story: Story, policy: MissedPolicy
) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON, missed=policy)
    await story.react()
    story.now = at(day(3, 2))  # twelve were made, until the 13th of January: three weeks ago
    await story.ask(TopUpSeries(series_id=SERIES), by="system:horizon")
    await story.react()
    passed = [day(14) + timedelta(days=n) for n in range(21)]
    missed = [fact.occurrence for fact in story.happened(SeriesOccurrenceMissed)]
    made = story.made()[MAX_GENERATED_AT_ONCE:]
    if policy is MissedPolicy.SKIP:
        assert (missed, made[0], len(made)) == (passed, day(4, 2), MAX_GENERATED_AT_ONCE)
    else:
        assert (missed, made[:21], len(made)) == ([], passed, 2 * MAX_GENERATED_AT_ONCE)


async def test_a_horizon_that_reaches_the_end_ends_the_series(story: Story) -> None:
    await story.begin("FREQ=DAILY;COUNT=5", due_at=DUE, ahead=Materialization.HORIZON)
    await story.react()
    assert story.made() == [day(number) for number in range(2, 6)]
    assert not (await story.series()).running


# Leaving out, changing, ending


async def test_skipping_is_told_by_task_and_series_in_one_breath(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.ask(SkipOccurrence(task_id=TASK))
    await story.ask(SkipOccurrence(task_id=TASK))
    await story.react()
    skipped = SeriesOccurrenceSkipped(occurrence=day(1), task_id=TASK)
    assert story.happened(SeriesOccurrenceSkipped) == [skipped]
    assert (await story.task()).status is Status.SKIPPED
    assert story.made() == [day(8)]
    with pytest.raises(TaskIsSkipped):
        await story.complete(TASK)
    await story.ask(UnskipOccurrence(task_id=TASK))
    assert len(story.happened(SeriesOccurrenceRestored)) == 1
    assert (await story.task()).status is Status.OPEN


async def test_skipping_silences_the_reminders_and_taking_it_back_brings_them_back(
    story: Story,
) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    ring, wish = ReminderId(UUID(int=2)), ReminderSpec(before="PT1H")
    await story.ask(SetReminder(task_id=TASK, reminder_id=ring, spec=wish))
    await story.ask(SkipOccurrence(task_id=TASK))
    assert story.happened(ReminderCancelled) == [
        ReminderCancelled(reminder_id=ring, why=CancelReason.SKIPPED)
    ]
    await story.ask(UnskipOccurrence(task_id=TASK))
    assert story.happened(ReminderRearmed) == [
        ReminderRearmed(reminder_id=ring, due_at=DUE - timedelta(hours=1))
    ]


async def test_a_task_of_no_series_cannot_be_skipped(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.ask(EndRecurrence(task_id=TASK))
    for command in (SkipOccurrence(task_id=TASK), UnskipOccurrence(task_id=TASK)):
        with pytest.raises(TaskDoesNotRecur):
            await story.ask(command)


async def test_an_ended_series_makes_no_more(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.ask(EndRecurrence(task_id=TASK))
    await story.complete(TASK, at=DUE)
    await story.react()
    assert story.made() == []


async def test_this_and_following_share_out_the_count(story: Story) -> None:
    await story.begin("FREQ=WEEKLY;COUNT=4", due_at=DUE)
    await story.complete(TASK, at=DUE)
    await story.react()
    second = occurrence(day(8))
    await story.ask(
        ChangeOccurrences(
            task_id=second, series_id=OTHER, scope=Scope.FOLLOWING, title="Feed the cat"
        )
    )
    await story.react()
    for wall in (day(8), day(15), day(22)):
        task = second if wall == day(8) else occurrence(wall, OTHER)
        await story.complete(task, at=at(wall))
        await story.react()
    assert story.made() == [day(8), day(15), day(22)]
    assert not (await story.series(OTHER)).running
    assert (await story.task(occurrence(day(22), OTHER))).title == "Feed the cat"


async def test_counted_from_completion_this_and_following_share_out_the_count(
    story: Story,
) -> None:
    rule = "FREQ=DAILY;INTERVAL=2;COUNT=3"
    await story.begin(rule, due_at=DUE, anchor=Anchor.COMPLETION)
    await story.complete(TASK, at=at(day(2)))  # so that no calendar has what follows
    await story.react()
    second = occurrence(day(4))
    change = ChangeOccurrences(
        task_id=second, series_id=OTHER, scope=Scope.FOLLOWING, title="Feed the cat"
    )
    await story.ask(change)
    await story.react()
    for task, wall in ((second, day(4)), (occurrence(day(6), OTHER), day(6))):
        await story.complete(task, at=at(wall))
        await story.react()
    assert story.made() == [day(4), day(6)]


async def test_what_was_made_by_an_earlier_rule_is_neither_made_again_nor_missed(
    story: Story,
) -> None:
    await story.begin("FREQ=DAILY", due_at=DUE, ahead=Materialization.HORIZON)
    await story.react()
    every_other = SetRecurrence(
        task_id=TASK,
        series_id=OTHER,
        rule="FREQ=DAILY;INTERVAL=2",
        timezone="Europe/Berlin",
        ahead=Materialization.HORIZON,
        scope=Scope.ALL,
    )
    await story.ask(every_other)
    await story.react(now=at(day(6)))
    assert story.happened(SeriesOccurrenceMissed) == []
    assert story.made()[MAX_GENERATED_AT_ONCE:] == [day(n) for n in range(15, 31, 2)]
    kept = [(await story.task(occurrence(day(n)))).status for n in range(2, 14)]
    assert kept == [Status.DELETED, Status.OPEN] * 6


async def test_another_rule_begins_a_series_that_continues_the_first(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    daily = SetRecurrence(
        task_id=TASK, series_id=OTHER, rule="FREQ=DAILY", timezone="Europe/Berlin"
    )
    await story.ask(daily)
    await story.react()
    await story.complete(TASK, at=DUE)
    await story.react()
    assert story.made() == [day(2)]
    before, after = await story.series(SERIES), await story.series(OTHER)
    assert (before.following, after.continues) == (OTHER, SERIES)
    assert not before.running


@pytest.mark.parametrize("scope", Scope)
async def test_to_ask_for_the_same_rule_again_changes_nothing(story: Story, scope: Scope) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    again = SetRecurrence(
        task_id=TASK,
        series_id=OTHER,
        rule="FREQ=WEEKLY",
        timezone="Europe/Berlin",
        scope=scope,
    )
    length = len(story.store.log)
    await story.ask(again)
    assert len(story.store.log) == length


async def test_what_was_done_before_it_began_to_recur_leads_on_at_once(story: Story) -> None:
    await story.begin("FREQ=WEEKLY", due_at=DUE)
    await story.ask(EndRecurrence(task_id=TASK))
    await story.complete(TASK, at=DUE)
    again = SetRecurrence(
        task_id=TASK, series_id=OTHER, rule="FREQ=WEEKLY", timezone="Europe/Berlin"
    )
    await story.ask(again)
    await story.react()
    assert story.made() == [day(8)]
