"""The events of the notification preferences of an account, and of its endpoints."""

from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.values.change import PartialChange
from domain.vocabulary import (
    AccountId,
    ChannelName,
    EndpointId,
    Moment,
    NotificationId,
    Topic,
    When,
)


class PreferencesChanged(PartialChange, Event, tag="preferences.changed"):
    """Preferences changed; only the fields that changed are set. Quiet hours are times of day in
    `timezone`, such as from 22:00 until 07:00; null removes them. `default_reminders` are set for
    every task that gets a due date, each a duration before it is due. `day_starts_at` is the time
    of day in `timezone` from which reminders of a task that is due on a day count back.
    `email_when` and `web_push_when` say whether the channel is used while the account is online."""

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
    default_reminders: tuple[str, ...] | UnsetType = UNSET
    day_starts_at: str | UnsetType = UNSET
    email_when: When | UnsetType = UNSET
    web_push_when: When | UnsetType = UNSET


class AddressGiven(Event, tag="preferences.address_given"):
    """The address for mail changed; mail is sent once it is verified. Null: there is none, and the
    address of the account does not take its place. With `declined` false it may: undo put back that
    no address was ever given."""

    account_id: AccountId
    address: str | None
    declined: bool | UnsetType = UNSET


class AddressVerified(Event, tag="preferences.address_verified"):
    """The account confirmed that it reads mail to this address."""

    address: str


class EndpointAdded(Event, tag="endpoint.added"):
    """A push subscription (web_push) or a webhook was added. Its address and its secrets are kept
    outside the log, under its id; `host` is what people recognize it by. With `added_at`, it was
    first added at that moment, and undo put it back."""

    account_id: AccountId
    endpoint_id: EndpointId
    channel: ChannelName
    host: str
    added_at: Moment | UnsetType = UNSET


class EndpointFailed(Event, tag="endpoint.failed"):
    """One notification could not be delivered to it, after all attempts."""

    endpoint_id: EndpointId
    notification_id: NotificationId


class EndpointRecovered(Event, tag="endpoint.recovered"):
    """It accepted a notification again: earlier failures no longer count."""

    endpoint_id: EndpointId


class EndpointSwitchedOff(Event, tag="endpoint.switched_off"):
    """It gets no notifications until it is switched on again, because too many failed in a row, or
    because undo put that back."""

    endpoint_id: EndpointId
    why: str


class EndpointSwitchedOn(Event, tag="endpoint.switched_on"):
    """It gets notifications again."""

    endpoint_id: EndpointId


class EndpointSecretRotated(Event, tag="endpoint.secret_rotated"):
    """Its notifications are signed with a new secret, and for a while with the old one, too."""

    endpoint_id: EndpointId


class EndpointRemoved(Event, tag="endpoint.removed"):
    """It was removed, by its owner or because it no longer exists; `why` says which."""

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
