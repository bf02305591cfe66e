"""Turns facts into what the public is told of them: pure, and the same for ever."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw

from domain.events.accounts import AccountRegistered
from domain.events.notifications import NotificationRequested
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.public_events import PUBLIC_EVENTS, UNPUBLISHABLE, schema_name

_json = msgspec.json.Encoder()


class UnpublishableEvent(Record):
    """What is told of an entry of the log that could not be announced: never its content."""

    position: int
    stream: UUID
    version: int
    topic: str
    error: str


def to_cloud_event(
    recorded: Recorded, owner: AccountId, *, source: str = "/annals"
) -> CloudEvent | None:
    """Return the fact as the public sees it, or None when it is private.

    `owner` is whose event it is, as the first fact of its stream says (see `owner_named_by`).
    The same fact becomes the same event, byte for byte, whenever it is announced.
    """
    told = PUBLIC_EVENTS.get(type(recorded.event))
    if told is None:
        return None
    stream, whose = str(recorded.originator_id), str(owner)
    data: dict[str, Any] = {"id": stream, "owner": whose, "version": recorded.originator_version}
    for name in told.fields:
        if (value := getattr(recorded.event, name)) is not UNSET:
            data[name] = value
    return CloudEvent(
        id=f"{stream}:{recorded.originator_version}",
        type=told.type,
        source=source,
        subject=stream,
        time=recorded.recorded_at,
        dataschema=told.schema,
        data=Raw(_json.encode(data)),
        sequence=str(recorded.position),
        partitionkey=whose,
        traceparent=recorded.traceparent or UNSET,
    )


def unpublishable_to_cloud_event(
    dead: UnpublishableEvent, *, source: str = "/annals"
) -> CloudEvent:
    """Return what is told of an entry that could not be announced."""
    return CloudEvent(
        id=f"{dead.stream}:{dead.version}:{UNPUBLISHABLE}",
        type=UNPUBLISHABLE,
        source=source,
        subject=str(dead.stream),
        dataschema=schema_name(UNPUBLISHABLE, 1),
        data=Raw(_json.encode(dead)),
        sequence=str(dead.position),
        partitionkey=str(dead.stream),
    )


def owner_named_by(first: Recorded) -> AccountId | None:
    """Return whose stream it is that begins with this fact, or None when that is nobody's."""
    if isinstance(first.event, AccountRegistered):
        return AccountId(first.originator_id)
    if isinstance(first.event, NotificationRequested):
        return first.event.account_id
    return getattr(first.event, "owner", None)
