"""A task that is due on a day: what it decides, and when its reminders are due."""

from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from uuid import UUID

import pytest
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st

from application.command import Command
from application.commands.reminders import SetReminder
from application.commands.tasks import ChangeTask, CreateTask, ReopenTask, RestoreTask
from domain.errors import DateOutOfRange, DueTwice, ReminderRefused
from domain.events.preferences import PreferencesChanged
from domain.events.reminders import ReminderCancelled, ReminderRearmed, ReminderSet
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
)
from domain.recurrence.local_time import wall_clock, zone
from domain.reminders.of_series import SeriesReminder
from domain.reminders.spec import ReminderSpec
from domain.task import Task
from domain.values.due import DayStart, Due
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import CancelReason, ReminderId
from tests.golden.series_samples import OTHER
from tests.support.facts import ADA, NINE, TASK
from tests.support.scenario import given

EVERY_ZONE = st.sampled_from(files("tzdata").joinpath("zones").read_text("utf-8").split())
FRIDAY = date(2030, 1, 4)
CREATED = TaskCreated(owner=ADA, title="Pay", due_on=FRIDAY)
RING = ReminderId(UUID(int=2))
IN_NEW_YORK = PreferencesChanged(timezone="America/New_York", day_starts_at="07:30")
PREFERENCES = preferences_stream(ADA)
HALF_PAST_SEVEN = datetime(2030, 1, 4, 12, 30, tzinfo=UTC)  # in New York
DAY_BEFORE = ReminderSet(
    reminder_id=RING,
    owner=ADA,
    before="P1D",
    timezone="America/New_York",
    due_at=HALF_PAST_SEVEN - timedelta(days=1),
)


def create(**fields: object) -> CreateTask:
    return CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Pay", **fields))  # type: ignore[arg-type]


def change(**fields: object) -> ChangeTask:
    return ChangeTask(task_id=TASK, change=TaskFieldsChange(**fields))  # type: ignore[arg-type]


def when_due(at: datetime, timezone: str = "UTC") -> ReminderSet:
    return ReminderSet(
        reminder_id=SeriesReminder(before="PT0S").of_task(TASK),
        owner=ADA,
        before="PT0S",
        timezone=timezone,
        due_at=at,
    )


def test_a_task_due_on_a_day_reminds_at_nine_of_that_day_by_default() -> None:
    nine = datetime(2030, 1, 4, 9, tzinfo=UTC)
    given().when(create(due_on=FRIDAY)).then(CREATED, when_due(nine))


def test_the_day_starts_when_preferences_say_in_the_zone_of_the_account() -> None:
    given().and_in(PREFERENCES, IN_NEW_YORK).when(create(due_on=FRIDAY)).then(
        CREATED, when_due(HALF_PAST_SEVEN, "America/New_York")
    )


def test_a_moment_and_a_day_together_are_refused() -> None:
    for command in (create(due_at=NINE, due_on=FRIDAY), change(due_at=NINE, due_on=FRIDAY)):
        past = (CREATED,) if isinstance(command, ChangeTask) else ()
        given(*past).when(command).then_refused(DueTwice)


@pytest.mark.parametrize("day", [date(1969, 12, 31), date(3000, 1, 1), date.min, date.max])
def test_a_day_of_another_age_is_refused(day: date) -> None:
    given().when(create(due_on=day)).then_refused(DateOutOfRange)
    given(CREATED).when(change(due_on=day)).then_refused(DateOutOfRange)


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2999, 12, 31)])
def test_the_first_and_the_last_day_are_accepted(day: date) -> None:
    given().when(create(due_on=day), now=datetime(2999, 12, 31, 23, tzinfo=UTC)).then(
        TaskCreated(owner=ADA, title="Pay", due_on=day)
    )


def test_a_moment_clears_the_day_and_a_day_the_moment() -> None:
    nine = when_due(datetime(2030, 1, 4, 9, tzinfo=UTC))
    given(CREATED, nine).when(change(due_at=NINE)).then(
        TaskRescheduled(due_at=NINE), ReminderRearmed(reminder_id=nine.reminder_id, due_at=NINE)
    )
    at_nine = TaskCreated(owner=ADA, title="Pay", due_at=NINE)
    given(at_nine, when_due(NINE)).and_in(PREFERENCES, IN_NEW_YORK).when(
        change(due_on=FRIDAY)
    ).then(
        TaskRescheduled(due_at=None, due_on=FRIDAY),
        ReminderRearmed(reminder_id=nine.reminder_id, due_at=HALF_PAST_SEVEN),
    )


def test_null_clears_only_the_field_that_it_is_given_for() -> None:
    given(CREATED).when(change(due_at=None)).then()
    given(CREATED).when(change(due_on=None)).then(TaskRescheduled(due_at=None))
    given(CREATED).when(change(due_at=NINE, due_on=None), now=NINE).then(
        TaskRescheduled(due_at=NINE)
    )
    given(CREATED).when(change(due_on=FRIDAY)).then()


def test_a_reminder_counts_back_from_the_start_of_the_day() -> None:
    wish = ReminderSpec(before="P1D", timezone="America/New_York")
    command = SetReminder(task_id=TASK, reminder_id=RING, series_id=OTHER, spec=wish)
    given(CREATED).and_in(PREFERENCES, IN_NEW_YORK).when(command).then(DAY_BEFORE)
    given(CREATED).and_in(PREFERENCES, IN_NEW_YORK).when(
        command, now=HALF_PAST_SEVEN - timedelta(days=1)
    ).then_refused(ReminderRefused)


def test_another_day_moves_the_reminder_and_no_day_cancels_it() -> None:
    later = HALF_PAST_SEVEN + timedelta(days=3)
    given(CREATED, DAY_BEFORE).and_in(PREFERENCES, IN_NEW_YORK).when(
        change(due_on=FRIDAY + timedelta(days=4))
    ).then(
        TaskRescheduled(due_at=None, due_on=FRIDAY + timedelta(days=4)),
        ReminderRearmed(reminder_id=RING, due_at=later),
    )
    given(CREATED, DAY_BEFORE).when(change(due_on=None)).then(
        TaskRescheduled(due_at=None),
        ReminderCancelled(reminder_id=RING, why=CancelReason.NO_DUE_DATE),
    )


@pytest.mark.parametrize(
    ("gone", "why", "command", "back"),
    [
        (TaskCompleted(), CancelReason.COMPLETED, ReopenTask(task_id=TASK), TaskReopened()),
        (TaskDeleted(), CancelReason.DELETED, RestoreTask(task_id=TASK), TaskRestored()),
    ],
)
def test_a_task_that_comes_back_reminds_again_on_its_day(
    gone: TaskCompleted | TaskDeleted,
    why: CancelReason,
    command: Command[Task],
    back: TaskReopened | TaskRestored,
) -> None:
    cancelled = ReminderCancelled(reminder_id=RING, why=why)
    given(CREATED, DAY_BEFORE, gone, cancelled).and_in(PREFERENCES, IN_NEW_YORK).when(command).then(
        back, ReminderRearmed(reminder_id=RING, due_at=DAY_BEFORE.due_at)
    )


@settings(max_examples=400, deadline=None)
@whatever(
    timezone=EVERY_ZONE,
    day=st.dates(date(1970, 1, 1), date(2999, 12, 30)),
    at=st.times().map(lambda at: f"{at:%H:%M}"),
)
def test_a_day_stays_the_same_date_in_every_zone_and_starts_at_its_hour(
    timezone: str, day: date, at: str
) -> None:
    due = Due(due_on=day)
    started = due.moment(DayStart(at=at, timezone=timezone))
    assert started is not None
    shown = wall_clock(started, zone(timezone))
    wanted = datetime.combine(day, time.fromisoformat(at))
    # Clocks that skip the hour show a later one; those that skip the whole day, the next day.
    assert timedelta() <= shown - wanted <= timedelta(days=1)
    if skipped := shown - wanted:
        # Earlier by as much, clocks show no hour that is the wanted one or comes after it.
        assert wall_clock(started - skipped, zone(timezone)) < wanted
    assert due.fields == {"due_at": None, "due_on": day}
