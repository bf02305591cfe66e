"""The push subscriptions and webhooks of an account, with their addresses."""

from collections.abc import Sequence
from datetime import datetime

from application.ports.endpoints import EndpointAddresses
from domain.preferences import Preferences
from domain.record import Record
from domain.states.preferences_state import Endpoint
from domain.vocabulary import AccountId, ChannelName, EndpointId


class EndpointView(Record):
    """An endpoint of an account; `url` is the address of a webhook, else empty."""

    id: EndpointId
    channel: ChannelName
    host: str
    url: str
    on: bool
    why_off: str
    added_at: datetime


def endpoint_view(endpoint: Endpoint, address: str = "") -> EndpointView:
    return EndpointView(
        id=endpoint.id,
        channel=endpoint.channel,
        host=endpoint.host,
        # The address of a push subscription holds the keys of its browser.
        url=address if endpoint.channel is ChannelName.WEBHOOK else "",
        on=endpoint.on,
        why_off=endpoint.why_off,
        added_at=endpoint.added_at,
    )


async def endpoint_views(
    preferences: Preferences,
    account: AccountId,
    channel: ChannelName,
    addresses: EndpointAddresses,
) -> Sequence[EndpointView]:
    """Return the endpoints of one channel, in the order they were added.

    Raises:
        Unavailable: the addresses cannot be read.
    """
    known = await addresses.of_account(account) if channel is ChannelName.WEBHOOK else {}
    return [
        endpoint_view(endpoint, known[endpoint.id].address if endpoint.id in known else "")
        for endpoint in preferences.endpoints.values()
        if endpoint.channel is channel
    ]
