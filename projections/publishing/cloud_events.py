"""Turns events of the log into published events: a pure function, stable for ever."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw

from domain.events.identity.accounts import AccountRegistered, ServiceAccountRegistered
from domain.events.identity.second_factors import SecondFactorAdded
from domain.events.identity.sessions import SessionStarted
from domain.events.notifications import NotificationRequested
from domain.events.recorded import Recorded
from domain.record import Record
from domain.values.uuids import uuid_text
from domain.vocabulary import AccountId
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.public_events import PUBLIC_EVENTS, UNPUBLISHABLE, schema_name

_json = msgspec.json.Encoder()


class UnpublishableEvent(Record):
    """What is published about an event that could not be published: never its content."""

    position: int
    stream: UUID
    version: int
    topic: str
    error: str


def to_cloud_event(
    recorded: Recorded, owner: AccountId, *, source: str = "/annals"
) -> CloudEvent | None:
    """Return the published form of an event, or None when it is private.

    `owner` is the account it belongs to, as the first event of its stream says (see
    `owner_named_by`). An event has the same published form, byte for byte, at all times.
    """
    public = PUBLIC_EVENTS.get(type(recorded.event))
    if public is None:
        return None
    stream = uuid_text(recorded.originator_id).decode()
    account = uuid_text(owner).decode()
    data: dict[str, Any] = {"id": stream, "owner": account, "version": recorded.originator_version}
    for name in public.fields:
        if (value := getattr(recorded.event, name)) is not UNSET:
            data[name] = value
    return CloudEvent(
        id=f"{stream}:{recorded.originator_version}",
        type=public.type,
        source=source,
        subject=stream,
        time=recorded.recorded_at,
        dataschema=public.schema,
        data=Raw(_json.encode(data)),
        sequence=str(recorded.position),
        partitionkey=account,
        traceparent=recorded.traceparent or UNSET,
        changeid=uuid_text(recorded.change_id).decode() if recorded.change_id else UNSET,
    )


def unpublishable_to_cloud_event(
    dead: UnpublishableEvent, *, source: str = "/annals"
) -> CloudEvent:
    """Return the event that says that another could not be published."""
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
    """Return the owner of the stream that begins with this event; None: it has no owner."""
    if isinstance(first.event, AccountRegistered | ServiceAccountRegistered):
        return AccountId(first.originator_id)
    if isinstance(first.event, NotificationRequested | SessionStarted | SecondFactorAdded):
        return first.event.account_id
    return getattr(first.event, "owner", None)
