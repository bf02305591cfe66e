"""What operators do is recorded: readings, once an hour for a stream; and runs, to their end."""

from datetime import timedelta
from uuid import UUID

from application.operations.acts import (
    DiscardParkedEvent,
    RecordPayloadRead,
    RetryParkedEvent,
)
from application.operations.view_runs import (
    CancelViewRun,
    EndViewRun,
    RequestViewRun,
    StartViewRun,
)
from domain.events.operations import (
    ParkedEventDiscarded,
    ParkedEventRetried,
    PayloadRead,
    ViewRunCancelled,
    ViewRunEnded,
    ViewRunRequested,
    ViewRunStarted,
)
from domain.operations.refusals import ViewRunHasEnded, ViewRunNotFound
from domain.operations.view_run import MOST_STARTS
from domain.vocabulary import RunKind, RunOutcome
from projections.views.view_runs import ViewRunRow, ViewRuns
from tests.support.facts import ADA, BOB, EIGHT, NINE, TASK, TEN
from tests.support.scenario import given

READ = RecordPayloadRead(reader=ADA, stream=TASK, reason="She asked why")
SEEN = PayloadRead(reader=ADA, stream=TASK, reason="She asked why")


def test_the_first_reading_of_a_stream_is_recorded() -> None:
    given().when(READ).then(SEEN)


def test_within_an_hour_another_reading_is_not_recorded() -> None:
    almost = EIGHT + timedelta(minutes=59)
    given(SEEN).when(READ, now=almost).then()
    given(SEEN).when(READ, now=EIGHT + timedelta(hours=1)).then(SEEN)


def test_each_reader_and_stream_is_recorded_for_itself() -> None:
    others = (
        RecordPayloadRead(reader=BOB, stream=TASK, reason="Curious"),
        RecordPayloadRead(reader=ADA, stream=UUID(int=2), reason="Curious"),
    )
    assert len({READ.stream_id, *(each.stream_id for each in others)}) == 3


def test_every_retry_and_discard_of_a_parked_event_is_recorded() -> None:
    retry = RetryParkedEvent(view="task_list", position=42)
    retried = ParkedEventRetried(view="task_list", position=42)
    given(retried).when(retry).then(retried)
    discard = DiscardParkedEvent(view="task_list", position=42)
    given(retried).when(discard).then(ParkedEventDiscarded(view="task_list", position=42))


REQUESTED = ViewRunRequested(requested_by=ADA, view="task_list", kind=RunKind.REBUILD)
DONE = ViewRunEnded(outcome=RunOutcome.SUCCEEDED, position=42)
CANCELLED = ViewRunEnded(outcome=RunOutcome.CANCELLED)
START, CANCEL = StartViewRun(run=TASK), CancelViewRun(run=TASK)
END = EndViewRun(run=TASK, result=DONE)


def test_a_run_is_requested_started_and_ended() -> None:
    request = RequestViewRun(run=TASK, requested_by=ADA, view="task_list", kind=RunKind.REBUILD)
    given().when(request).then(REQUESTED)
    given(REQUESTED).when(START).then(ViewRunStarted())
    given(REQUESTED, ViewRunStarted()).when(END).then(DONE)
    given(REQUESTED, ViewRunStarted(), DONE).when(END).then_nothing()


def test_a_run_whose_process_ended_is_started_again_but_not_for_ever() -> None:
    starts = [ViewRunStarted()] * (MOST_STARTS - 1)
    given(REQUESTED, *starts).when(START).then(ViewRunStarted())
    error = "It was interrupted 3 times: its process or the database ended."
    failed = ViewRunEnded(outcome=RunOutcome.FAILED, error=error)
    given(REQUESTED, *starts, ViewRunStarted()).when(START).then(failed)
    given(REQUESTED, ViewRunStarted(), DONE).when(START).then_nothing()


def test_a_run_is_cancelled_before_it_starts_while_it_runs_and_never_after() -> None:
    given(REQUESTED).when(CANCEL).then(ViewRunCancelled(), CANCELLED)
    given(REQUESTED, ViewRunStarted()).when(CANCEL).then(ViewRunCancelled())
    given(REQUESTED, ViewRunStarted(), ViewRunCancelled()).when(CANCEL).then_nothing()
    given(REQUESTED, ViewRunStarted(), ViewRunCancelled()).when(START).then(CANCELLED)
    given(REQUESTED, ViewRunStarted(), DONE).when(CANCEL).then_refused(ViewRunHasEnded)


def test_a_run_that_nobody_requested_does_not_exist() -> None:
    for command in (START, CANCEL, END):
        given().when(command).then_refused(ViewRunNotFound)
        given(SEEN).when(command).then_refused(ViewRunNotFound)


def test_the_view_shows_a_run_with_its_result() -> None:
    past = given(REQUESTED).and_at(NINE, ViewRunStarted(), ViewRunStarted()).and_at(TEN, DONE)
    past.projected(ViewRuns()).shows(
        ViewRunRow(
            id=TASK,
            view="task_list",
            kind=RunKind.REBUILD,
            requested_by=ADA,
            requested_at=EIGHT,
            started_at=NINE,
            starts=2,
            ended_at=TEN,
            outcome=RunOutcome.SUCCEEDED,
            position=42,
            version=4,
        )
    )
    given(ViewRunStarted()).projected(ViewRuns()).shows()
