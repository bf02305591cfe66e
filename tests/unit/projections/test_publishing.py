"""What the public is told of a fact, and what it is not told."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from domain.events.event import Event
from domain.events.identity.accounts import AccountRegistered, EmailClaimed
from domain.events.recorded import AnyEvent
from domain.events.requests import RequestAnswered
from domain.events.tasks import TaskCompleted, TaskCreated, TaskEvent, TaskRescheduled, TaskUpdated
from domain.vocabulary import Priority
from projections.publishing.cloud_event import CloudEvent, attributes
from projections.publishing.cloud_events import (
    UnpublishableEvent,
    owner_named_by,
    to_cloud_event,
    unpublishable_to_cloud_event,
)
from projections.publishing.public_events import (
    PRIVATE_EVENTS,
    PUBLIC_EVENT_LIST,
    PUBLIC_EVENTS,
    TOPICS,
    UNPUBLISHABLE,
    KafkaTopic,
)
from tests.golden.samples import SAMPLES
from tests.house.published_events import schemas
from tests.support.facts import ADA, BOB, NINE, TASK, recorded

EVERY_FACT: tuple[type[Event], ...] = get_args(AnyEvent)
SCHEMAS = schemas()


def test_every_fact_is_either_told_or_kept_private_on_purpose() -> None:
    assert set(PUBLIC_EVENTS) | set(PRIVATE_EVENTS) == set(EVERY_FACT)
    assert not set(PUBLIC_EVENTS) & set(PRIVATE_EVENTS)


def test_every_fact_of_a_task_is_told_so_that_versions_have_no_gaps() -> None:
    assert set(get_args(TaskEvent)) <= set(PUBLIC_EVENTS)


def test_no_two_facts_share_a_type_and_each_names_fields_it_has() -> None:
    assert len({told.type for told in PUBLIC_EVENT_LIST}) == len(PUBLIC_EVENT_LIST)
    for told in PUBLIC_EVENT_LIST:
        assert set(told.fields) <= set(told.event.__struct_fields__), told.type


@pytest.mark.parametrize("told", PUBLIC_EVENT_LIST, ids=lambda told: told.type)
def test_a_type_is_on_the_topic_its_name_leads_to(told: Any) -> None:
    expected = {
        "task.occurrence": KafkaTopic.RECURRENCE,
        "series": KafkaTopic.RECURRENCE,
        "task": KafkaTopic.TASKS,
        "list": KafkaTopic.TASKS,
        "reminder": KafkaTopic.REMINDERS,
        "notification": KafkaTopic.NOTIFICATIONS,
        "account": KafkaTopic.ACCOUNTS,
        "session": KafkaTopic.ACCOUNTS,
    }
    assert told.topic is next(t for name, t in expected.items() if told.type.startswith(name))


def test_an_event_carries_what_consumers_route_and_order_by() -> None:
    fact = msgspec.structs.replace(
        recorded(TaskUpdated(title="Pay"), version=3, position=17),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    event = to_cloud_event(fact, ADA, source="/here")
    assert event is not None
    assert dict(attributes(event)) == {
        "specversion": "1.0",
        "id": f"{TASK}:3",
        "type": "task.updated",
        "source": "/here",
        "subject": str(TASK),
        "time": "2030-01-01T08:00:00Z",
        "dataschema": "urn:annals:task.updated:1",
        "sequence": "17",
        "partitionkey": str(ADA),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


def test_data_says_whose_task_it_is_its_version_and_what_happened() -> None:
    created = TaskCreated(owner=ADA, title="Pay", priority=Priority.HIGH, tags=("a",), due_at=NINE)
    assert data(created) == {
        "id": str(TASK),
        "owner": str(ADA),
        "version": 1,
        "title": "Pay",
        "description": "",
        "priority": "high",
        "tags": ["a"],
        "due_at": "2030-01-01T09:00:00Z",
        "due_on": None,
        "estimate": None,
        "list_id": None,
    }


def test_data_tells_a_field_that_was_cleared_from_one_that_did_not_change() -> None:
    assert data(TaskRescheduled(due_at=None))["due_at"] is None
    assert data(TaskUpdated(description="")).keys() == {"id", "owner", "version", "description"}


def test_neither_name_nor_address_of_an_account_is_told() -> None:
    event = told(AccountRegistered(email="byron@annals.example", name="Byron"))
    assert b"byron" not in msgspec.json.encode(event).lower()


def test_private_facts_are_not_told() -> None:
    assert to_cloud_event(recorded(EmailClaimed(account_id=ADA)), ADA) is None
    answered = RequestAnswered(fingerprint="f", subject=TASK, version=1)
    assert to_cloud_event(recorded(answered), ADA) is None


def test_the_same_fact_becomes_the_same_event_byte_for_byte() -> None:
    fact = recorded(SAMPLES[0], position=9)
    assert msgspec.json.encode(to_cloud_event(fact, ADA)) == msgspec.json.encode(
        to_cloud_event(fact, ADA)
    )


def test_json_and_headers_have_the_same_attributes() -> None:
    event = told(TaskCompleted())
    structured = msgspec.json.decode(msgspec.json.encode(event))
    assert structured.pop("data") == msgspec.json.decode(event.data)
    assert structured.pop("datacontenttype") == "application/json"
    assert structured == dict(attributes(event))


def test_a_moment_within_a_second_is_written_alike_in_json_and_headers() -> None:
    at = datetime(2030, 1, 1, 8, 0, 0, 120_000, tzinfo=UTC)
    event = to_cloud_event(recorded(TaskCompleted(), at=at), ADA)
    assert event is not None
    structured = msgspec.json.decode(msgspec.json.encode(event))
    assert structured["time"] == dict(attributes(event))["time"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_the_data_of_every_event_is_as_its_schema_says(sample: AnyEvent) -> None:
    event = to_cloud_event(recorded(sample), ADA)
    if event is None:
        assert type(sample) in PRIVATE_EVENTS
    else:
        jsonschema.validate(msgspec.json.decode(event.data), SCHEMAS[event.dataschema])


def test_what_cannot_be_told_is_told_of_without_its_content() -> None:
    dead = UnpublishableEvent(
        position=4, stream=UUID(int=7), version=2, topic="task.sung", error="no such event"
    )
    event = unpublishable_to_cloud_event(dead)
    assert (event.type, TOPICS[event.type]) == (UNPUBLISHABLE, KafkaTopic.DEAD_LETTERS)
    assert event.sequence == "4"
    jsonschema.validate(msgspec.json.decode(event.data), SCHEMAS[event.dataschema])


def test_the_first_fact_of_a_stream_names_its_owner() -> None:
    assert owner_named_by(recorded(TaskCreated(owner=BOB, title="Pay"))) == BOB
    registered = recorded(AccountRegistered(email="a@b.example", name="Ada"), stream=ADA)
    assert owner_named_by(registered) == ADA
    assert owner_named_by(recorded(EmailClaimed(account_id=ADA))) is None


def told(event: AnyEvent) -> CloudEvent:
    found = to_cloud_event(recorded(event), ADA)
    assert found is not None
    return found


def data(event: AnyEvent) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(told(event).data)
    return decoded
