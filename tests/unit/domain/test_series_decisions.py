"""What a task and its series record together, or not at all."""

from datetime import timedelta
from uuid import UUID

from application.commands.occurrence_changes import SkipOccurrence, UnskipOccurrence
from application.commands.recurrence import EndRecurrence
from domain.errors import RecurrenceNotFound, TaskDoesNotRecur, TaskNotFound
from domain.events.occurrences import (
    TaskMadeRecurring,
    TaskMadeSingle,
    TaskSkipped,
    TaskUnskipped,
)
from domain.events.recorded import AnyEvent
from domain.events.reminders import ReminderCancelled, ReminderRearmed, ReminderSet
from domain.events.series import (
    SeriesEnded,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesStarted,
)
from domain.events.tasks import TaskCompleted, TaskCreated
from domain.values.schedule import Schedule, Template
from domain.vocabulary import CancelReason, ReminderId
from tests.golden.series_samples import FIRST, LOCAL, SERIES
from tests.support.facts import ADA, BOB, TASK, TEN
from tests.support.scenario import Given, given

CREATED = TaskCreated(owner=ADA, title="Water", due_at=TEN)
RECURRING = TaskMadeRecurring(series_id=SERIES, occurrence=LOCAL, due_at=TEN, tzdata="2026.6")
STARTED = SeriesStarted(
    owner=ADA,
    template=Template(title="Water"),
    schedule=Schedule(rule="FREQ=WEEKLY", start=LOCAL, timezone="Europe/Berlin"),
    first=FIRST,
    next_due=TEN + timedelta(days=7),
)
REMINDER = ReminderId(UUID(int=2))
SKIPPED = SeriesOccurrenceSkipped(occurrence=LOCAL, task_id=TASK)
RESTORED = SeriesOccurrenceRestored(occurrence=LOCAL, task_id=TASK)


def weekly(*more: AnyEvent) -> Given:
    """A task that recurs, to which more happened."""
    return given(CREATED, RECURRING, *more).and_in(SERIES, STARTED)


def test_a_skip_is_recorded_by_the_task_and_by_its_series() -> None:
    weekly().when(SkipOccurrence(task_id=TASK)).then(TaskSkipped(), also={SERIES: [SKIPPED]})


def test_skipping_twice_changes_neither() -> None:
    weekly(TaskSkipped()).when(SkipOccurrence(task_id=TASK)).then_nothing()


def test_a_skip_is_taken_back_by_both() -> None:
    skipped = weekly(TaskSkipped())
    unskip = UnskipOccurrence(task_id=TASK)
    skipped.when(unskip).then(TaskUnskipped(), also={SERIES: [RESTORED]})
    weekly().when(unskip).then_nothing()


def test_a_skip_cancels_the_reminders_and_taking_it_back_rearms_them() -> None:
    due = TEN - timedelta(hours=1)
    reminder = ReminderSet(reminder_id=REMINDER, owner=ADA, due_at=due, before="PT1H")
    cancelled = ReminderCancelled(reminder_id=REMINDER, why=CancelReason.SKIPPED)
    weekly(reminder).when(SkipOccurrence(task_id=TASK)).then(
        TaskSkipped(), cancelled, also={SERIES: [SKIPPED]}
    )
    weekly(reminder, TaskSkipped(), cancelled).when(UnskipOccurrence(task_id=TASK)).then(
        TaskUnskipped(),
        ReminderRearmed(reminder_id=REMINDER, due_at=due),
        also={SERIES: [RESTORED]},
    )


def test_a_task_of_no_series_cannot_be_skipped() -> None:
    for command in (SkipOccurrence(task_id=TASK), UnskipOccurrence(task_id=TASK)):
        given(CREATED).when(command).then_refused(TaskDoesNotRecur)
        weekly(TaskMadeSingle()).when(command).then_refused(TaskDoesNotRecur)


def test_the_end_of_a_recurrence_makes_an_open_task_single() -> None:
    end = EndRecurrence(task_id=TASK)
    weekly().when(end).then(TaskMadeSingle(), also={SERIES: [SeriesEnded()]})
    weekly(TaskCompleted()).when(end).then(also={SERIES: [SeriesEnded()]})
    given(CREATED).when(end).then_refused(RecurrenceNotFound)


def test_a_recurrence_of_somebody_else_is_not_seen() -> None:
    weekly().when(SkipOccurrence(task_id=TASK), by=str(BOB)).then_refused(TaskNotFound)
