"""Reminders ring once for every moment, and follow what becomes of their task."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.commands.reminders import (
    CancelReminder,
    SetReminder,
    SnoozeReminder,
    TriggerReminder,
)
from application.commands.tasks import ChangeTask, CompleteTask, DeleteTask, ReopenTask, RestoreTask
from domain.errors import (
    DomainError,
    DurationRefused,
    Invalid,
    ReminderIsCancelled,
    ReminderNotFound,
    ReminderRefused,
    RuleRefused,
    TaskIsCompleted,
    TaskIsDeleted,
    TaskNotFound,
    TooManyReminders,
)
from domain.events.recorded import AnyEvent
from domain.events.reminders import (
    ReminderCancelled,
    ReminderMissed,
    ReminderRearmed,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
)
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
)
from domain.reminders.spec import MAX_PENDING, ReminderSpec
from domain.values.task_fields import TaskFieldsChange
from domain.vocabulary import CancelReason, ReminderId
from projections.views.reminders.due_reminders import DueReminders
from tests.golden.series_samples import OTHER
from tests.support.facts import (
    ADA,
    BOB,
    EIGHT,
    NINE,
    TASK,
    TEN,
    history,
)
from tests.support.scenario import given

RING = ReminderId(UUID(int=2))
ELEVEN = TEN + timedelta(hours=1)
DAY = timedelta(days=1)
SYSTEM = "system:scheduler"

CREATED = TaskCreated(owner=ADA, title="Water the plants", due_at=TEN)
AT_NINE = ReminderSet(reminder_id=RING, owner=ADA, at=NINE, due_at=NINE)
HOUR_BEFORE = ReminderSet(reminder_id=RING, owner=ADA, before="PT1H", due_at=NINE)
HOURLY = ReminderSet(reminder_id=RING, owner=ADA, at=NINE, every="PT1H", due_at=NINE)
RANG = ReminderTriggered(reminder_id=RING, due_at=NINE)


def set_reminder(**wish: object) -> SetReminder:
    return SetReminder(task_id=TASK, reminder_id=RING, series_id=OTHER, spec=ReminderSpec(**wish))  # type: ignore[arg-type]


def trigger(due_at: datetime = NINE, *, window: timedelta = DAY) -> TriggerReminder:
    return TriggerReminder(task_id=TASK, reminder_id=RING, due_at=due_at, window=window)


def cancelled(why: CancelReason) -> ReminderCancelled:
    return ReminderCancelled(reminder_id=RING, why=why)


# Setting


def test_a_reminder_at_a_moment_rings_then() -> None:
    given(CREATED).when(set_reminder(at=NINE)).then(AT_NINE)


def test_a_reminder_before_the_task_is_due_knows_its_instant() -> None:
    given(CREATED).when(set_reminder(before="pt1h")).then(HOUR_BEFORE)


def test_a_day_before_is_a_day_of_the_calendar() -> None:
    due = datetime(2030, 3, 10, 13, 0, tzinfo=UTC)  # 09:00 in New York, the day clocks change
    new_york = "America/New_York"
    given(TaskCreated(owner=ADA, title="Fly", due_at=due)).when(
        set_reminder(before="P1D", timezone=new_york)
    ).then(
        ReminderSet(
            reminder_id=RING,
            owner=ADA,
            before="P1D",
            timezone=new_york,
            due_at=datetime(2030, 3, 9, 14, 0, tzinfo=UTC),
        )
    )


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({}, ReminderRefused),
        ({"at": NINE, "before": "P1D"}, ReminderRefused),
        ({"at": EIGHT}, ReminderRefused),
        ({"before": "PT3H"}, ReminderRefused),
        ({"before": "tomorrow"}, DurationRefused),
        ({"at": NINE, "every": "PT59S"}, DurationRefused),
        ({"at": NINE, "at_most": 3}, ReminderRefused),
        ({"at": NINE, "timezone": "Mars/Olympus"}, RuleRefused),
        ({"at": datetime(3000, 1, 1, tzinfo=UTC)}, Invalid),
    ],
)
def test_a_reminder_that_could_never_ring_is_refused(
    wish: dict[str, object], refusal: type[DomainError]
) -> None:
    given(CREATED).when(set_reminder(**wish)).then_refused(refusal)


def test_without_a_due_date_there_is_nothing_to_count_back_from() -> None:
    given(TaskCreated(owner=ADA, title="Some day")).when(set_reminder(before="P1D")).then_refused(
        ReminderRefused
    )


def test_a_task_has_only_so_many_reminders() -> None:
    many = [
        ReminderSet(reminder_id=ReminderId(UUID(int=n)), owner=ADA, at=NINE, due_at=NINE)
        for n in range(100, 100 + MAX_PENDING)
    ]
    given(CREATED, *many).when(set_reminder(at=NINE)).then_refused(TooManyReminders)


def test_a_task_that_is_done_or_deleted_takes_no_reminder() -> None:
    given(CREATED, TaskCompleted()).when(set_reminder(at=NINE)).then_refused(TaskIsCompleted)
    given(CREATED, TaskDeleted()).when(set_reminder(at=NINE)).then_refused(TaskIsDeleted)


def test_a_reminder_of_someone_elses_task_is_not_there() -> None:
    given(CREATED).when(set_reminder(at=NINE), by=str(BOB)).then_refused(TaskNotFound)


# Ringing


def test_a_reminder_rings_when_its_moment_has_come() -> None:
    given(CREATED, AT_NINE).when(trigger(), now=NINE, by=SYSTEM).then(RANG)


def test_it_does_not_ring_before() -> None:
    given(CREATED, AT_NINE).when(trigger(), now=EIGHT, by=SYSTEM).then_nothing()


def test_asked_twice_it_rings_once() -> None:
    given(CREATED, AT_NINE, RANG).when(trigger(), now=TEN, by=SYSTEM).then_nothing()


def test_a_ring_that_was_moved_since_does_not_happen() -> None:
    snoozed = ReminderSnoozed(reminder_id=RING, until=TEN)
    given(CREATED, AT_NINE, snoozed).when(trigger(), now=TEN, by=SYSTEM).then_nothing()
    given(CREATED, AT_NINE, snoozed).when(trigger(TEN), now=TEN, by=SYSTEM).then(
        ReminderTriggered(reminder_id=RING, due_at=TEN)
    )


def test_within_the_catch_up_window_it_rings_late_and_beyond_it_is_missed() -> None:
    given(CREATED, AT_NINE).when(trigger(), now=NINE + DAY, by=SYSTEM).then(RANG)
    late = NINE + DAY + timedelta(seconds=1)
    given(CREATED, AT_NINE).when(trigger(), now=late, by=SYSTEM).then(
        ReminderMissed(reminder_id=RING, due_at=NINE)
    )


def test_a_repeated_reminder_says_when_it_rings_next() -> None:
    given(CREATED, HOURLY).when(trigger(), now=NINE, by=SYSTEM).then(
        ReminderTriggered(reminder_id=RING, due_at=NINE, next_at=TEN)
    )


def test_what_was_missed_in_between_rings_once() -> None:
    much_later = NINE + timedelta(hours=5, minutes=10)
    given(CREATED, HOURLY).when(trigger(), now=much_later, by=SYSTEM).then(
        ReminderTriggered(reminder_id=RING, due_at=NINE, next_at=NINE + timedelta(hours=6))
    )


def test_a_missed_repetition_goes_on() -> None:
    late = NINE + DAY + timedelta(minutes=1)
    given(CREATED, HOURLY).when(trigger(), now=late, by=SYSTEM).then(
        ReminderMissed(reminder_id=RING, due_at=NINE, next_at=NINE + DAY + timedelta(hours=1))
    )


def test_at_most_so_often_means_at_most_so_often() -> None:
    twice = ReminderSet(reminder_id=RING, owner=ADA, at=NINE, every="PT1H", at_most=2, due_at=NINE)
    first = ReminderTriggered(reminder_id=RING, due_at=NINE, ring=1, next_at=TEN)
    given(CREATED, twice, first).when(trigger(TEN), now=TEN, by=SYSTEM).then(
        ReminderTriggered(reminder_id=RING, due_at=TEN, ring=2)
    )


def test_repetitions_of_days_keep_the_time_of_day() -> None:
    nine_in_new_york = datetime(2030, 3, 9, 14, 0, tzinfo=UTC)
    daily = ReminderSet(
        reminder_id=RING,
        owner=ADA,
        at=nine_in_new_york,
        timezone="America/New_York",
        every="P1D",
        due_at=nine_in_new_york,
    )
    given(CREATED, daily).when(trigger(nine_in_new_york), now=nine_in_new_york, by=SYSTEM).then(
        ReminderTriggered(
            reminder_id=RING,
            due_at=nine_in_new_york,
            next_at=datetime(2030, 3, 10, 13, 0, tzinfo=UTC),
        )
    )


# Snoozing and cancelling


def test_a_snoozed_reminder_rings_later() -> None:
    snooze = SnoozeReminder(task_id=TASK, reminder_id=RING, until=TEN)
    given(CREATED, AT_NINE).when(snooze).then(ReminderSnoozed(reminder_id=RING, until=TEN))


def test_a_reminder_that_rang_can_be_snoozed() -> None:
    snooze = SnoozeReminder(task_id=TASK, reminder_id=RING, length="PT1H")
    given(CREATED, AT_NINE, RANG).when(snooze, now=NINE).then(
        ReminderSnoozed(reminder_id=RING, until=TEN)
    )


def test_the_past_is_no_place_to_snooze_to() -> None:
    snooze = SnoozeReminder(task_id=TASK, reminder_id=RING, until=NINE)
    given(CREATED, AT_NINE).when(snooze, now=NINE).then_refused(ReminderRefused)


def test_a_cancelled_reminder_stays_silent() -> None:
    gone = cancelled(CancelReason.ASKED)
    given(CREATED, AT_NINE).when(
        CancelReminder(task_id=TASK, reminder_id=RING, series_id=OTHER)
    ).then(gone)
    given(CREATED, AT_NINE, gone).when(trigger(), now=NINE, by=SYSTEM).then_nothing()
    snooze = SnoozeReminder(task_id=TASK, reminder_id=RING, until=TEN)
    given(CREATED, AT_NINE, gone).when(snooze).then_refused(ReminderIsCancelled)
    given(CREATED).when(
        CancelReminder(task_id=TASK, reminder_id=RING, series_id=OTHER)
    ).then_refused(ReminderNotFound)


# What becomes of the task


def test_completing_and_deleting_silence_what_was_to_ring() -> None:
    given(CREATED, AT_NINE).when(CompleteTask(task_id=TASK)).then(
        TaskCompleted(), cancelled(CancelReason.COMPLETED)
    )
    given(CREATED, AT_NINE).when(DeleteTask(task_id=TASK)).then(
        TaskDeleted(), cancelled(CancelReason.DELETED)
    )
    given(CREATED, AT_NINE, RANG).when(CompleteTask(task_id=TASK)).then(TaskCompleted())


def test_reopening_and_restoring_bring_back_what_is_still_ahead() -> None:
    back = ReminderRearmed(reminder_id=RING, due_at=NINE)
    done = (CREATED, AT_NINE, TaskCompleted(), cancelled(CancelReason.COMPLETED))
    given(*done).when(ReopenTask(task_id=TASK), now=EIGHT).then(TaskReopened(), back)
    given(*done).when(ReopenTask(task_id=TASK), now=NINE).then(TaskReopened())
    hidden = (CREATED, AT_NINE, TaskDeleted(), cancelled(CancelReason.DELETED))
    given(*hidden).when(RestoreTask(task_id=TASK), now=EIGHT).then(TaskRestored(), back)


def test_a_snooze_that_is_still_ahead_comes_back_too() -> None:
    past: tuple[AnyEvent, ...] = (
        CREATED,
        AT_NINE,
        RANG,
        ReminderSnoozed(reminder_id=RING, until=ELEVEN),
        TaskCompleted(),
        cancelled(CancelReason.COMPLETED),
    )
    given(*past).when(ReopenTask(task_id=TASK), now=TEN).then(
        TaskReopened(), ReminderRearmed(reminder_id=RING, due_at=ELEVEN, rings=1)
    )


def test_a_task_that_comes_back_done_rings_no_more() -> None:
    past = (CREATED, AT_NINE, TaskCompleted(), cancelled(CancelReason.COMPLETED), TaskDeleted())
    given(*past).when(RestoreTask(task_id=TASK), now=EIGHT).then(TaskRestored())


def test_what_a_person_cancelled_never_comes_back() -> None:
    past = (CREATED, AT_NINE, cancelled(CancelReason.ASKED), TaskCompleted())
    given(*past).when(ReopenTask(task_id=TASK), now=EIGHT).then(TaskReopened())


def test_another_due_date_moves_the_reminders_before_it() -> None:
    given(CREATED, HOUR_BEFORE).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=ELEVEN))
    ).then(TaskRescheduled(due_at=ELEVEN), ReminderRearmed(reminder_id=RING, due_at=TEN))
    given(CREATED, AT_NINE).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=ELEVEN))
    ).then(TaskRescheduled(due_at=ELEVEN))


def test_a_reminder_that_rang_rings_once_more_for_a_later_due_date() -> None:
    given(CREATED, HOUR_BEFORE, RANG).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=ELEVEN)), now=NINE
    ).then(TaskRescheduled(due_at=ELEVEN), ReminderRearmed(reminder_id=RING, due_at=TEN))


def test_a_due_date_too_near_or_gone_silences_the_reminders_before_it() -> None:
    soon = EIGHT + timedelta(minutes=30)
    given(CREATED, HOUR_BEFORE).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=soon))
    ).then(TaskRescheduled(due_at=soon), cancelled(CancelReason.PASSED))
    given(CREATED, HOUR_BEFORE).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=None))
    ).then(TaskRescheduled(due_at=None), cancelled(CancelReason.NO_DUE_DATE))


# The view


def test_the_view_shows_when_a_reminder_rings_next() -> None:
    view, row = DueReminders(), None
    snoozed = ReminderSnoozed(reminder_id=RING, until=TEN)
    again = ReminderTriggered(reminder_id=RING, due_at=TEN, next_at=ELEVEN)
    gone = cancelled(CancelReason.COMPLETED)
    back = ReminderRearmed(reminder_id=RING, due_at=ELEVEN)
    seen = []
    for fact in history(HOURLY, snoozed, again, gone, back, stream=TASK):
        row = view.evolve(row, fact)
        assert row is not None
        seen.append(row.due_at)
    assert seen == [NINE, TEN, ELEVEN, None, ELEVEN]
