"""Every fact about how somebody wishes to be told, and where."""

from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.vocabulary import AccountId, ChannelName, EndpointId, NotificationId, Topic


class PreferencesChanged(Event, tag="preferences.changed"):
    """They wish to be told in another way; only what changed is there. Quiet hours are times of
    day in `timezone`, from (22:00) until (07:00); null ends them."""

    in_app: bool | UnsetType = UNSET
    email: bool | UnsetType = UNSET
    web_push: bool | UnsetType = UNSET
    webhook: bool | UnsetType = UNSET
    topics: tuple[Topic, ...] | UnsetType = UNSET
    quiet_from: str | UnsetType | None = UNSET
    quiet_until: str | UnsetType | None = UNSET
    digest: bool | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    language: str | UnsetType = UNSET


class AddressGiven(Event, tag="preferences.address_given"):
    """Mail is to go to this address, once it is known to be theirs; null: to none."""

    account_id: AccountId
    address: str | None


class AddressVerified(Event, tag="preferences.address_verified"):
    """They can read what is sent to this address."""

    address: str


class EndpointAdded(Event, tag="endpoint.added"):
    """A browser (web_push) or a program (webhook) wants to be told, too. Where it is reached and
    what is shared with it stands elsewhere, under its id; `host` is enough to know it by."""

    account_id: AccountId
    endpoint_id: EndpointId
    channel: ChannelName
    host: str


class EndpointFailed(Event, tag="endpoint.failed"):
    """It did not take one notification, after all attempts."""

    endpoint_id: EndpointId
    notification_id: NotificationId


class EndpointRecovered(Event, tag="endpoint.recovered"):
    """It took something again: what failed before no longer counts."""

    endpoint_id: EndpointId


class EndpointSwitchedOff(Event, tag="endpoint.switched_off"):
    """It is told nothing until it is switched on again: it failed too often in a row."""

    endpoint_id: EndpointId
    why: str


class EndpointSwitchedOn(Event, tag="endpoint.switched_on"):
    """It is told again."""

    endpoint_id: EndpointId


class EndpointSecretRotated(Event, tag="endpoint.secret_rotated"):
    """What it is told is signed with a new secret, and for a while with the old one besides."""

    endpoint_id: EndpointId


class EndpointRemoved(Event, tag="endpoint.removed"):
    """It is told no more, because its owner said so, or it said itself that it is gone."""

    endpoint_id: EndpointId
    why: str


PreferencesEvent: TypeAlias = (
    PreferencesChanged
    | AddressGiven
    | AddressVerified
    | EndpointAdded
    | EndpointFailed
    | EndpointRecovered
    | EndpointSwitchedOff
    | EndpointSwitchedOn
    | EndpointSecretRotated
    | EndpointRemoved
)
