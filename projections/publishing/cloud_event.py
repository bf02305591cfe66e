"""The form of published events: CloudEvents 1.0."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import UNSET, Raw, UnsetType

from domain.record import Record

_encode = msgspec.json.Encoder().encode


class CloudEvent(Record):
    """One published event.

    As JSON it is an event in the structured mode; `data` is JSON already. Four of the
    attributes are extensions: `sequence` is the log position (a decimal number in a
    string), `partitionkey` the account whose event it is, `traceparent` the W3C trace,
    `changeid` the change it is part of.
    """

    id: str
    type: str
    source: str
    subject: str
    dataschema: str
    sequence: str
    partitionkey: str
    data: Raw
    time: datetime | UnsetType = UNSET
    traceparent: str | UnsetType = UNSET
    changeid: str | UnsetType = UNSET
    datacontenttype: str = "application/json"
    specversion: str = "1.0"


def attributes(event: CloudEvent) -> Iterator[tuple[str, str]]:
    """Return all but the data as text, for the binary mode."""
    yield "specversion", event.specversion
    yield "id", event.id
    yield "type", event.type
    yield "source", event.source
    yield "subject", event.subject
    if event.time is not UNSET:
        yield "time", _encode(event.time)[1:-1].decode()  # as in the JSON form
    yield "dataschema", event.dataschema
    yield "sequence", event.sequence
    yield "partitionkey", event.partitionkey
    if event.traceparent is not UNSET:
        yield "traceparent", event.traceparent
    if event.changeid is not UNSET:
        yield "changeid", event.changeid
