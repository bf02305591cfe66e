"""Our messages are CloudEvents: the library of that project finds in them what we put in."""

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event

from domain.events.recorded import AnyEvent
from infrastructure.relaying.producer import headers
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.cloud_events import (
    UnpublishableEvent,
    to_cloud_event,
    unpublishable_to_cloud_event,
)
from projections.publishing.public_events import PUBLIC_EVENTS, UNPUBLISHABLE
from tests.golden.samples import SAMPLES
from tests.support.facts import ADA, TASK, recorded

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PUBLIC = [sample for sample in SAMPLES if type(sample) in PUBLIC_EVENTS]


@pytest.mark.parametrize("sample", PUBLIC, ids=lambda sample: type(sample).__name__)
def test_the_library_reads_every_event_as_it_was_meant(sample: AnyEvent) -> None:
    fact = msgspec.structs.replace(recorded(sample, position=7), traceparent=TRACE)
    event = to_cloud_event(fact, ADA)
    assert event is not None
    read = from_binary_event(message(event))
    assert read.get_id() == f"{TASK}:1"
    assert read.get_type() == PUBLIC_EVENTS[type(sample)].type
    assert read.get_source() == "/annals"
    assert read.get_subject() == str(TASK)
    assert read.get_time() == fact.recorded_at
    assert read.get_dataschema() == event.dataschema
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == msgspec.json.decode(event.data)
    extensions = ("sequence", "partitionkey", "traceparent")
    assert [read.get_extension(name) for name in extensions] == ["7", str(ADA), TRACE]


def test_the_library_reads_a_dead_letter() -> None:
    dead = UnpublishableEvent(
        position=4, stream=TASK, version=2, topic="task.sung", error="no such event"
    )
    read = from_binary_event(message(unpublishable_to_cloud_event(dead)))
    assert read.get_type() == UNPUBLISHABLE
    assert read.get_data() == msgspec.to_builtins(dead)


def message(event: CloudEvent) -> KafkaMessage:
    """The message as the library would have it from a broker."""
    return KafkaMessage(
        headers={name: str(value).encode() for name, value in headers(event)},
        key=event.partitionkey,
        value=bytes(event.data),
    )
