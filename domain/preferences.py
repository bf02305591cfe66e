"""Notification preferences: which channels and topics are on, and when it is quiet."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from domain.errors import EndpointNotFound, TooManyEndpoints
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
from domain.record import Record
from domain.recurrence.local_time import resolve, wall_clock, zone, zone_name
from domain.reminders.of_series import checked_reminders
from domain.states.preferences_state import Endpoint, PreferencesState
from domain.values.delivery_reason import DeliveryReason
from domain.values.due import DayStart
from domain.vocabulary import AccountId, ChannelName, EndpointId, NotificationId, Topic, When

MAX_CONSECUTIVE_FAILURES = (
    5  # consecutive notifications not delivered, after which a webhook is switched off
)


class Recipient(Record):
    """A channel, and for push subscriptions and webhooks which one."""

    channel: ChannelName
    endpoint_id: EndpointId | None = None

    @property
    def name(self) -> str:
        return f"{self.channel}:{self.endpoint_id}" if self.endpoint_id else str(self.channel)


class QuietHours(Record):
    """From one time of day until another, which may be on the next day."""

    start: time
    end: time

    def until(self, instant: datetime, timezone: str) -> datetime | None:
        """Return when the quiet hours around `instant` end, in UTC; None outside of them."""
        tz = zone(timezone)
        local = wall_clock(instant, tz)
        for day in (local.date() - timedelta(days=1), local.date()):
            begins = datetime.combine(day, self.start)
            ends = datetime.combine(day, self.end)
            if self.end <= self.start:
                ends += timedelta(days=1)
            if begins <= local < ends:
                return resolve(ends, tz)
        return None


class Preferences(PreferencesState):
    """Preferences that answer questions about a notification, and each request with events."""

    @property
    def day_start(self) -> DayStart:
        """The moment from which reminders of tasks that are due on a day count back."""
        return DayStart(at=self.day_starts_at, timezone=self.timezone)

    def is_on(self, channel: ChannelName) -> bool:
        return bool(getattr(self, channel.value))

    def recipients(self, topic: Topic) -> Iterator[Recipient]:
        """Yield the recipients of a notification on this topic."""
        if topic not in self.topics:
            return
        if self.in_app:
            yield Recipient(channel=ChannelName.IN_APP)
        if self.email and self.address is not None:
            yield Recipient(channel=ChannelName.EMAIL)
        for endpoint in self.endpoints.values():
            if endpoint.on and self.is_on(endpoint.channel):
                yield Recipient(channel=endpoint.channel, endpoint_id=endpoint.id)

    def silence(self, channel: ChannelName, topic: Topic) -> DeliveryReason | None:
        """Return why `recipients` has none of this channel; None: it has some."""
        if topic not in self.topics:
            return DeliveryReason.TOPIC_OFF
        if not self.is_on(channel):
            return DeliveryReason.CHANNEL_OFF
        if channel is ChannelName.IN_APP:
            return None
        if channel is ChannelName.EMAIL:
            return DeliveryReason.NO_ADDRESS if self.address is None else None
        mine = [each for each in self.endpoints.values() if each.channel is channel]
        if not mine:
            return DeliveryReason.NO_ENDPOINT
        return None if any(each.on for each in mine) else DeliveryReason.ENDPOINT_OFF

    def only_offline(self, channel: ChannelName) -> bool:
        """Return whether the channel is used only while the account is offline."""
        when = {ChannelName.EMAIL: self.email_when, ChannelName.WEB_PUSH: self.web_push_when}
        return when.get(channel) is When.OFFLINE

    def objection(
        self, channel: ChannelName, endpoint_id: EndpointId | None
    ) -> DeliveryReason | None:
        """Return why nothing may be sent this way; None: it may."""
        if not self.is_on(channel):
            return DeliveryReason.CHANNEL_OFF
        if channel is ChannelName.EMAIL:
            if self.address is None:
                return DeliveryReason.NO_ADDRESS
            return None if self.address_verified else DeliveryReason.ADDRESS_NOT_CONFIRMED
        if endpoint_id is None:
            return None
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None:
            return DeliveryReason.ENDPOINT_REMOVED
        return None if endpoint.on else DeliveryReason.ENDPOINT_OFF

    def quiet_until_after(self, instant: datetime) -> datetime | None:
        """Return when the quiet hours around this instant end, in UTC; None outside of them."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        hours = QuietHours(
            start=time.fromisoformat(self.quiet_from), end=time.fromisoformat(self.quiet_until)
        )
        return hours.until(instant, self.timezone)

    def change(self, wanted: PreferencesChanged) -> Sequence[PreferencesEvent]:
        """Change the fields that are set; those that are UNSET stay."""
        if wanted.timezone is not UNSET:
            wanted = replace(wanted, timezone=zone_name(wanted.timezone))
        if wanted.default_reminders is not UNSET:
            texts = checked_reminders(wanted.default_reminders, field="default_reminders")
            wanted = replace(wanted, default_reminders=texts)
        changes = wanted.effective(self)
        return [PreferencesChanged(**changes)] if changes else []

    def give_address(self, account: AccountId, address: str | None) -> Sequence[PreferencesEvent]:
        if address == self.address:
            return []
        return [AddressGiven(account_id=account, address=address)]

    def verify_address(self, address: str) -> Sequence[PreferencesEvent]:
        """Mark the address as verified, if it is still the present one."""
        if address != self.address or self.address_verified:
            return []
        return [AddressVerified(address=address)]

    def adopt_address(
        self, account: AccountId, address: str, previous: str | None
    ) -> Sequence[PreferencesEvent]:
        """Send mail to the verified address of the account, unless the preferences name another
        address than its `previous` one, or none."""
        if self.address_declined or self.address not in {None, previous, address}:
            return []
        verified = AddressVerified(address=address)
        return [
            *self.give_address(account, address),
            *([] if self.address == address and self.address_verified else [verified]),
        ]

    def add_endpoint(
        self,
        account: AccountId,
        endpoint_id: EndpointId,
        channel: ChannelName,
        host: str,
        *,
        most: int,
    ) -> Sequence[PreferencesEvent]:
        """Add an endpoint, unless the account has `most` of the channel already.

        Raises:
            TooManyEndpoints: it has.
        """
        if endpoint_id in self.endpoints:
            return []
        if sum(known.channel is channel for known in self.endpoints.values()) >= most:
            raise too_many_endpoints(channel, most)
        return [
            EndpointAdded(account_id=account, endpoint_id=endpoint_id, channel=channel, host=host)
        ]

    def remove_endpoint(self, endpoint_id: EndpointId, why: str) -> Sequence[PreferencesEvent]:
        self._endpoint(endpoint_id)
        return [EndpointRemoved(endpoint_id=endpoint_id, why=why)]

    def rotate_secret(self, endpoint_id: EndpointId) -> Sequence[PreferencesEvent]:
        self._endpoint(endpoint_id)
        return [EndpointSecretRotated(endpoint_id=endpoint_id)]

    def switch_on(self, endpoint_id: EndpointId) -> Sequence[PreferencesEvent]:
        on = self._endpoint(endpoint_id).on
        return [] if on else [EndpointSwitchedOn(endpoint_id=endpoint_id)]

    def note_given_up(
        self, endpoint_id: EndpointId, notification_id: NotificationId, why: str
    ) -> Sequence[PreferencesEvent]:
        """Count a notification not delivered; switch the endpoint off after too many."""
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None or not endpoint.on or notification_id in endpoint.given_up:
            return []
        failed = EndpointFailed(endpoint_id=endpoint_id, notification_id=notification_id)
        if len(endpoint.given_up) + 1 < MAX_CONSECUTIVE_FAILURES:
            return [failed]
        return [failed, EndpointSwitchedOff(endpoint_id=endpoint_id, why=why)]

    def note_taken(self, endpoint_id: EndpointId) -> Sequence[PreferencesEvent]:
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None or not endpoint.given_up:
            return []
        return [EndpointRecovered(endpoint_id=endpoint_id)]

    def note_gone(self, endpoint_id: EndpointId, why: str) -> Sequence[PreferencesEvent]:
        """Remove a push subscription that no longer exists; switch a webhook off, for its owner to
        see."""
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None:
            return []
        if endpoint.channel is ChannelName.WEB_PUSH:
            return [EndpointRemoved(endpoint_id=endpoint_id, why=why)]
        return [EndpointSwitchedOff(endpoint_id=endpoint_id, why=why)] if endpoint.on else []

    def _endpoint(self, endpoint_id: UUID) -> Endpoint:
        endpoint = self.endpoints.get(EndpointId(endpoint_id))
        if endpoint is None:
            raise EndpointNotFound(endpoint_id)
        return endpoint


def too_many_endpoints(channel: ChannelName, most: int) -> TooManyEndpoints:
    """Return the refusal of another endpoint of an account that has `most` of the channel."""
    what = "webhooks" if channel is ChannelName.WEBHOOK else "push subscriptions"
    return TooManyEndpoints(what, most)
