"""The values of preferences, and the events that give them other values."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from domain.events.preferences import (
    AddressGiven,
    AddressVerified,
    EndpointAdded,
    EndpointRemoved,
    EndpointSwitchedOff,
    EndpointSwitchedOn,
    PreferencesChanged,
    PreferencesEvent,
)
from domain.events.recorded import AnyEvent
from domain.preferences import Preferences, too_many_endpoints
from domain.record import Record
from domain.states.preferences_state import Endpoint
from domain.undo.effect import Values
from domain.vocabulary import AccountId, EndpointId

ENDPOINT = "endpoints."  # before the id of a webhook or push subscription
UNDONE = "undone"  # why it was removed


class MailAddress(Record):
    """The address for mail. `declined`: no mail is wanted."""

    address: str | None
    verified: bool
    declined: bool


def preferences_values(preferences: Preferences) -> Values:
    """Return what a person sets: each preference, the defaults included, the address for mail, and
    each webhook and push subscription, without how its deliveries went."""
    return {
        **{name: getattr(preferences, name) for name in PreferencesChanged.__struct_fields__},
        "address": MailAddress(
            address=preferences.address,
            verified=preferences.address_verified,
            declined=preferences.address_declined,
        ),
        **{
            f"{ENDPOINT}{each.id}": replace(each, given_up=())
            for each in preferences.endpoints.values()
        },
    }


def give_preferences(
    preferences: Preferences, account: AccountId, wanted: Values
) -> Sequence[PreferencesEvent]:
    """Return the events after which the preferences of an account have the `wanted` values."""
    events: list[PreferencesEvent] = []
    fields = PreferencesChanged.__struct_fields__
    if changed := {name: value for name, value in wanted.items() if name in fields}:
        events.append(PreferencesChanged(**changed))
    if isinstance(address := wanted.get("address"), MailAddress):
        events += _give_address(preferences, account, address)
    for name, endpoint in wanted.items():
        if name.startswith(ENDPOINT):
            id_ = EndpointId(UUID(name.removeprefix(ENDPOINT)))
            events += _give_endpoint(preferences.endpoints.get(id_), account, id_, endpoint)
    return events


def unchanged(before: object, after: object, present: object) -> bool:
    """Whether a value still is what a change made it, whatever our processes found out since: that
    the address was verified, or that an endpoint that the change added does not answer."""
    if isinstance(after, MailAddress) and isinstance(present, MailAddress):
        return replace(after, verified=present.verified) == present
    if before is UNSET and isinstance(after, Endpoint) and isinstance(present, Endpoint):
        return replace(after, on=present.on, why_off=present.why_off) == present
    return after == present


def check_room(preferences: Preferences, events: Sequence[AnyEvent], most: int) -> None:
    """Refuse to put back more webhooks or push subscriptions than an account may have.

    Raises:
        TooManyEndpoints: it would have more than `most` of a channel.
    """
    gone = {each.endpoint_id for each in events if isinstance(each, EndpointRemoved)}
    added = [each for each in events if isinstance(each, EndpointAdded)]
    kept = [each.channel for each in preferences.endpoints.values() if each.id not in gone]
    channels = [*kept, *(each.channel for each in added)]
    for channel in dict.fromkeys(each.channel for each in added):
        if channels.count(channel) > most:
            raise too_many_endpoints(channel, most)


def _give_address(
    preferences: Preferences, account: AccountId, wanted: MailAddress
) -> Sequence[PreferencesEvent]:
    given = AddressGiven(account_id=account, address=wanted.address)
    if wanted.address is None and not wanted.declined:
        given = replace(given, declined=False)
    same = preferences.address == wanted.address and wanted.verified
    verified = [AddressVerified(address=wanted.address)] if wanted.address is not None else []
    return [*([] if same else [given]), *(verified if wanted.verified else [])]


def _give_endpoint(
    present: Endpoint | None, account: AccountId, id_: EndpointId, wanted: object
) -> Sequence[PreferencesEvent]:
    if not isinstance(wanted, Endpoint):
        return [] if present is None else [EndpointRemoved(endpoint_id=id_, why=UNDONE)]
    off = [] if wanted.on else [EndpointSwitchedOff(endpoint_id=id_, why=wanted.why_off)]
    if present is None:
        added = EndpointAdded(
            account_id=account,
            endpoint_id=id_,
            channel=wanted.channel,
            host=wanted.host,
            added_at=wanted.added_at,
        )
        return [added, *off]
    return off or [EndpointSwitchedOn(endpoint_id=id_)]
