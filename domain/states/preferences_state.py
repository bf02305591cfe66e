"""The notification preferences of an account, and how their events change them."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args

from msgspec import UNSET, field
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.preferences import (
    AddressGiven,
    AddressVerified,
    EndpointAdded,
    EndpointFailed,
    EndpointRecovered,
    EndpointRemoved,
    EndpointSecretRotated,
    EndpointSwitchedOff,
    EndpointSwitchedOn,
    PreferencesChanged,
    PreferencesEvent,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, ChannelName, EndpointId, NotificationId, Topic, When


class Endpoint(Record):
    """A push subscription or a webhook. `given_up` holds the notifications that could not be
    delivered since the last that was."""

    id: EndpointId
    channel: ChannelName
    host: str
    added_at: datetime
    on: bool = True
    why_off: str = ""
    given_up: tuple[NotificationId, ...] = ()


class PreferencesState(Aggregate[PreferencesEvent]):
    """The preferences of one account. Version 0 holds the defaults."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(PreferencesEvent))

    version: int = 0
    account_id: AccountId | None = None
    in_app: bool = True
    email: bool = True
    web_push: bool = True
    webhook: bool = True
    topics: tuple[Topic, ...] = (Topic.REMINDER,)
    quiet_from: str | None = None
    quiet_until: str | None = None
    digest: bool = False
    timezone: str = "UTC"
    language: str = "en"
    default_reminders: tuple[str, ...] = ("PT0S",)
    day_starts_at: str = "09:00"
    email_when: When = When.ALWAYS
    web_push_when: When = When.ALWAYS
    address: str | None = None
    address_verified: bool = False
    address_declined: bool = False  # null was given: no mail is wanted
    endpoints: Mapping[EndpointId, Endpoint] = field(default_factory=dict)

    def evolve(self, event: PreferencesEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case PreferencesChanged():
                return replace(now, **event.given())
            case AddressGiven(account_id=account, address=address, declined=declined):
                return replace(
                    now,
                    account_id=account,
                    address=address,
                    address_verified=False,
                    address_declined=address is None if declined is UNSET else declined,
                )
            case AddressVerified():
                return replace(now, address_verified=True)
            case EndpointAdded(endpoint_id=id):
                at = recorded.recorded_at if event.added_at is UNSET else event.added_at
                new = Endpoint(id=id, channel=event.channel, host=event.host, added_at=at)
                # One that undo puts back comes where it was.
                ordered = sorted([*self.endpoints.values(), new], key=lambda each: each.added_at)
                endpoints = {each.id: each for each in ordered}
                return replace(now, account_id=event.account_id, endpoints=endpoints)
            case EndpointRemoved(endpoint_id=id):
                rest = {k: v for k, v in self.endpoints.items() if k != id}
                return replace(now, endpoints=rest)
            case EndpointFailed(endpoint_id=id, notification_id=notification):
                before = self.endpoints[id].given_up if id in self.endpoints else ()
                return now._with(id, given_up=(*before, notification))
            case EndpointRecovered(endpoint_id=id):
                return now._with(id, given_up=())
            case EndpointSwitchedOff(endpoint_id=id, why=why):
                return now._with(id, on=False, why_off=why)
            case EndpointSwitchedOn(endpoint_id=id):
                return now._with(id, on=True, why_off="", given_up=())
            case EndpointSecretRotated():
                return now
            case _:
                assert_never(event)

    def _with(self, endpoint_id: EndpointId, **changed: object) -> Self:
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None:
            return self
        return replace(
            self, endpoints={**self.endpoints, endpoint_id: replace(endpoint, **changed)}
        )
