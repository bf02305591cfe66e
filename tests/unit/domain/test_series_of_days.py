"""A series of days: its occurrences are dates, in every zone and across every change of clocks."""

# ruff: noqa: DTZ001 — an occurrence is named by a wall time, naive on purpose

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from application.commands.occurrence_changes import (
    ChangeOccurrences,
    SkipOccurrence,
    UnskipOccurrence,
)
from application.commands.occurrences import RetimeOccurrence
from application.commands.preferences import ChangePreferences
from application.commands.recurrence import SeriesScope, SetRecurrence
from application.commands.series import TopUpSeries
from application.commands.tasks import ChangeTask, CreateTask
from domain.errors import RuleRefused
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.preferences import PreferencesChanged
from domain.events.reminders import ReminderRearmed, ReminderSet
from domain.events.series import SeriesEnded, SeriesOccurrenceMissed
from domain.events.tasks import TaskRescheduled
from domain.recurrence.local_time import wall_clock, zone
from domain.values.due import Due
from domain.values.schedule import Anchor, Materialization, MissedPolicy
from domain.values.streams import occurrence_stream
from domain.values.task_fields import TaskContentChange, TaskFields, TaskFieldsChange
from domain.vocabulary import TaskId
from tests.golden.series_samples import OTHER, SERIES
from tests.support.facts import ADA, TASK
from tests.support.series_scenario import SeriesScenario

pytestmark = pytest.mark.anyio

ZONES = files("tzdata").joinpath("zones").read_text("utf-8").split()
TUESDAY = date(2030, 1, 1)
NEW_YORK = "America/New_York"


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def later(days: int) -> date:
    return TUESDAY + timedelta(days=days)


def occurrence(day: date) -> TaskId:
    return TaskId(occurrence_stream(SERIES, datetime.combine(day, time())))


async def begun(
    rule: str, *, due_on: date | None = TUESDAY, timezone: str = "Europe/Berlin", **wish: object
) -> SeriesScenario:
    scenario = SeriesScenario(noon(TUESDAY - timedelta(days=1)))
    fields = TaskFields(title="Water", due_on=due_on)
    await scenario.ask(CreateTask(task_id=TASK, owner=ADA, fields=fields))
    command = SetRecurrence(
        task_id=TASK,
        series_id=SERIES,
        rule=rule,
        timezone=timezone,
        **wish,  # type: ignore[arg-type]
    )
    await scenario.ask(command)
    return scenario


def days(scenario: SeriesScenario) -> list[date]:
    """The days of the tasks that were generated, in the order of the log."""
    generated: list[TaskOccurrenceGenerated] = scenario.happened(TaskOccurrenceGenerated)
    for event in generated:
        assert event.due_at is None
        assert event.due_on == event.occurrence.date()
        assert event.occurrence.time() == time()
    return [event.occurrence.date() for event in generated]


async def test_a_task_due_on_a_day_recurs_on_days() -> None:
    scenario = await begun("FREQ=WEEKLY")
    assert (await scenario.series()).schedule.all_day
    first = await scenario.task()
    assert first.occurrence_ref is not None
    assert (first.due, first.occurrence_ref.due) == (Due(due_on=TUESDAY), Due(due_on=TUESDAY))
    await scenario.complete(TASK, at=noon(TUESDAY))
    await scenario.react()
    assert days(scenario) == [later(7)]
    assert (await scenario.task(occurrence(later(7)))).due == Due(due_on=later(7))


async def test_a_day_to_start_from_moves_a_task_from_its_moment_to_a_day() -> None:
    scenario = await begun("FREQ=WEEKLY;BYDAY=FR", due_on=None, start=later(1))
    assert (await scenario.task()).due == Due(due_on=later(3))
    at_nine = TaskFieldsChange(due_at=datetime(2030, 1, 4, 9, tzinfo=UTC))
    await scenario.ask(ChangeTask(task_id=TASK, change=at_nine))
    moved = SetRecurrence(
        task_id=TASK, series_id=OTHER, rule="FREQ=DAILY", timezone="UTC", start=later(5)
    )
    await scenario.ask(moved)
    assert (await scenario.task()).due == Due(due_on=later(5))


async def test_a_wall_time_to_start_from_makes_moments_of_a_day() -> None:
    scenario = await begun("FREQ=DAILY", start=datetime(2030, 1, 1, 9), timezone=NEW_YORK)
    assert not (await scenario.series()).schedule.all_day
    assert (await scenario.task()).due == Due(due_at=datetime(2030, 1, 1, 14, tzinfo=UTC))


async def test_a_day_is_not_missed_before_it_is_over() -> None:
    scenario = await begun("FREQ=DAILY", timezone=NEW_YORK)
    evening = datetime(2030, 1, 5, 4, 59, tzinfo=UTC)  # of the 4th in New York
    await scenario.complete(TASK, at=evening)
    await scenario.react()
    missed: list[SeriesOccurrenceMissed] = scenario.happened(SeriesOccurrenceMissed)
    assert [(event.due_at, event.due_on) for event in missed] == [
        (None, later(1)),
        (None, later(2)),
    ]
    assert days(scenario) == [later(3)]


@pytest.mark.parametrize(
    ("done", "following"),
    [
        (datetime(2030, 1, 5, 4, 59, tzinfo=UTC), later(5)),  # the 4th in New York
        (datetime(2030, 1, 5, 5, tzinfo=UTC), later(6)),
        (datetime(2029, 12, 31, 13, tzinfo=UTC), later(1)),
    ],
)
async def test_days_are_counted_from_the_day_of_completion_in_the_zone(
    done: datetime, following: date
) -> None:
    scenario = await begun("FREQ=DAILY;INTERVAL=2", timezone=NEW_YORK, anchor=Anchor.COMPLETION)
    await scenario.complete(TASK, at=done)
    await scenario.react()
    assert days(scenario) == [following]


async def test_excluded_days_are_left_out_and_until_is_a_day() -> None:
    scenario = await begun("FREQ=DAILY;UNTIL=20300104", excluded=("2030-01-02", "20300103"))
    await scenario.complete(TASK, at=noon(TUESDAY))
    await scenario.react()
    assert days(scenario) == [later(3)]
    await scenario.complete(occurrence(later(3)), at=noon(later(3)))
    await scenario.react()
    assert [event.exhausted for event in scenario.happened(SeriesEnded)] == [True]


@pytest.mark.parametrize("part", ["BYHOUR=9", "BYMINUTE=0", "BYSECOND=0"])
async def test_a_rule_of_days_has_no_times_of_day(part: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        await begun(f"FREQ=DAILY;{part}")
    assert refused.value.part == part.partition("=")[0]


async def test_a_series_of_days_that_is_split_stays_one() -> None:
    scenario = await begun("FREQ=DAILY;UNTIL=20300120", ahead=Materialization.HORIZON)
    await scenario.ask(TopUpSeries(series_id=SERIES))
    fifth = occurrence(later(4))
    change = TaskContentChange(title="Water more")
    command = ChangeOccurrences(
        task_id=fifth, series_id=OTHER, scope=SeriesScope.FOLLOWING, change=change
    )
    await scenario.ask(command)
    following = (await scenario.series(OTHER)).schedule
    assert following.all_day
    assert following.rule == "FREQ=DAILY;UNTIL=20300120"
    assert following.start.date() == later(4)


async def test_reminders_of_every_day_count_back_from_its_start() -> None:
    scenario = await begun("FREQ=WEEKLY", timezone=NEW_YORK, reminders=("P1D",))
    hour = PreferencesChanged(timezone=NEW_YORK, day_starts_at="07:30")
    await scenario.ask(ChangePreferences(account_id=ADA, wanted=hour))
    await scenario.complete(TASK, at=noon(TUESDAY))
    await scenario.react()
    *_, reminder = scenario.happened(ReminderSet)
    assert reminder.due_at == datetime(2030, 1, 7, 12, 30, tzinfo=UTC)
    await scenario.ask(SkipOccurrence(task_id=occurrence(later(7))))
    await scenario.ask(UnskipOccurrence(task_id=occurrence(later(7))))
    (rearmed,) = scenario.happened(ReminderRearmed)
    assert rearmed.due_at == reminder.due_at


async def test_no_edition_of_the_time_zones_moves_a_day() -> None:
    scenario = await begun("FREQ=DAILY")
    command = RetimeOccurrence(task_id=TASK, series_id=SERIES, timezone=NEW_YORK)
    await scenario.ask(command, by="system:retime")
    assert scenario.happened(TaskRescheduled) == []


@settings(max_examples=150, deadline=None)
@example(timezone="Pacific/Apia", start=date(2011, 12, 28), hours=[24, 24, 24, 24])  # no 30th
@example(timezone="Africa/Cairo", start=date(2024, 4, 24), hours=[1, 23, 24, 25])  # no midnight
@example(timezone="America/Sao_Paulo", start=date(2018, 11, 2), hours=[24, 24, 24])  # no midnight
@given(
    timezone=st.sampled_from(ZONES),
    start=st.dates(date(1990, 1, 1), date(2040, 1, 1)),
    hours=st.lists(st.integers(0, 60), min_size=1, max_size=8),
)
def test_every_day_is_made_or_missed_once_in_every_zone(
    timezone: str, start: date, hours: list[int]
) -> None:
    async def story() -> None:
        scenario = SeriesScenario(noon(start - timedelta(days=2)))
        fields = TaskFields(title="Water", due_on=start)
        await scenario.ask(CreateTask(task_id=TASK, owner=ADA, fields=fields))
        recur = SetRecurrence(
            task_id=TASK,
            series_id=SERIES,
            rule="FREQ=DAILY",
            timezone=timezone,
            missed=MissedPolicy.SKIP,
        )
        await scenario.ask(recur)
        task, now = TASK, noon(start)
        for passed in hours:
            now += timedelta(hours=passed)
            await scenario.complete(task, at=now)
            await scenario.react()
            task = occurrence(days(scenario)[-1])
            due_on = (await scenario.task(task)).due_on
            assert due_on is not None
            # The next day is never over when it is made.
            assert due_on >= wall_clock(now, zone(timezone)).date()
        missed = [event.occurrence.date() for event in scenario.happened(SeriesOccurrenceMissed)]
        seen = sorted([*days(scenario), *missed])
        assert seen == [start + timedelta(days=n) for n in range(1, len(seen) + 1)]

    asyncio.run(story())
