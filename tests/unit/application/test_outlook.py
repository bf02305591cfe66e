"""What lies ahead of a task and its series, and what a change makes of it."""

# ruff: noqa: DTZ001 - wall times are naive on purpose

from datetime import UTC, datetime

from msgspec.structs import replace

from application.undo.outlook import MOST_OCCURRENCES, OutlookChange, outlook, outlook_change
from domain.series import Series
from domain.task import Task
from domain.values.due import DayStart, Due
from domain.values.occurrence import occurrence_ref
from domain.values.schedule import Anchor, Schedule, Template
from domain.vocabulary import Status
from tests.golden.series_samples import SERIES
from tests.support.facts import ADA, TASK

NOW = datetime(2030, 1, 1, 8, tzinfo=UTC)
FIRST = datetime(2030, 1, 1, 9)
WEEKLY = Schedule(rule="FREQ=WEEKLY;COUNT=4", start=FIRST, timezone="UTC")


def series(schedule: Schedule, *reminders: str) -> Series:
    return Series(
        id=SERIES,
        owner=ADA,
        template=Template(title="Water", reminders=reminders),
        schedule=schedule,
        last_generated=FIRST,
        tasks={FIRST: TASK},
    )


def task(schedule: Schedule) -> Task:
    ref = occurrence_ref(SERIES, FIRST, schedule)
    return Task(id=TASK, owner=ADA, due_at=ref.due_at, occurrence_ref=ref)


def january(*days: int, hour: int = 9) -> list[Due]:
    return [Due(due_at=datetime(2030, 1, day, hour, tzinfo=UTC)) for day in days]


def changed(before: Schedule, after: Schedule, *reminders: str) -> OutlookChange:
    ahead = [
        outlook(task(each), series(each, *reminders), DayStart(), NOW) for each in (before, after)
    ]
    return outlook_change(*ahead)


def test_another_day_makes_occurrences_vanish_and_appear_with_their_reminders() -> None:
    thursdays = replace(WEEKLY, rule="FREQ=WEEKLY;BYDAY=TH;COUNT=3")
    found = changed(WEEKLY, thursdays, "PT1H")
    assert found.vanish == january(8, 15, 22)
    assert found.appear == january(3, 10, 17)
    assert found.reminders_vanish == [datetime(2030, 1, day, 8, tzinfo=UTC) for day in (8, 15, 22)]


def test_another_time_of_the_same_days_moves_them() -> None:
    later = replace(WEEKLY, rule="FREQ=WEEKLY;COUNT=4;BYHOUR=11", start=FIRST.replace(hour=11))
    before = outlook(task(WEEKLY), series(WEEKLY), DayStart(), NOW)
    after = outlook(
        replace(task(WEEKLY), due_at=january(1, hour=11)[0].due_at), series(later), DayStart(), NOW
    )
    found = outlook_change(before, after)
    moved = [(move.before, move.after) for move in found.move]
    assert moved[0] == (*january(1), *january(1, hour=11))
    assert moved[1:] == list(zip(january(8, 15, 22), january(8, 15, 22, hour=11), strict=True))
    assert (found.vanish, found.appear) == ([], [])


def test_a_skip_makes_the_occurrence_in_hand_vanish() -> None:
    here = outlook(task(WEEKLY), series(WEEKLY), DayStart(), NOW)
    skipped = replace(task(WEEKLY), status=Status.SKIPPED)
    there = outlook(skipped, series(WEEKLY), DayStart(), NOW)
    assert outlook_change(here, there).vanish == january(1)
    assert outlook_change(there, here).appear == january(1)


def test_the_end_of_a_series_makes_the_later_ones_vanish() -> None:
    here = outlook(task(WEEKLY), series(WEEKLY), DayStart(), NOW)
    single = replace(task(WEEKLY), occurrence_ref=None)
    found = outlook_change(here, outlook(single, None, DayStart(), NOW))
    assert (found.vanish, found.move, found.appear) == (january(8, 15, 22), [], [])


def test_an_outlook_is_bounded_and_says_nothing_of_what_depends_on_completions() -> None:
    daily = replace(WEEKLY, rule="FREQ=DAILY")
    assert len(outlook(task(daily), series(daily), DayStart(), NOW).later) == MOST_OCCURRENCES
    counted = replace(daily, anchor=Anchor.COMPLETION)
    assert not outlook(task(counted), series(counted), DayStart(), NOW).later
    yearly = replace(WEEKLY, rule="FREQ=YEARLY")
    assert len(outlook(task(yearly), series(yearly), DayStart(), NOW).later) == 1
