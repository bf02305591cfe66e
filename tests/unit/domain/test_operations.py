"""What operators do is recorded; reading the data of a stream once an hour."""

from datetime import timedelta
from uuid import UUID

from application.operations.acts import (
    DiscardParkedEvent,
    RecordPayloadRead,
    RetryParkedEvent,
)
from domain.events.operations import ParkedEventDiscarded, ParkedEventRetried, PayloadRead
from tests.support.facts import ADA, BOB, EIGHT, TASK
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
