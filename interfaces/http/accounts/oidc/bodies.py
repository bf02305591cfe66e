"""The bodies of logging in with OpenID Connect providers."""

from collections.abc import Sequence
from datetime import datetime

from domain.record import Record


class ProviderBody(Record):
    """A provider. `login_url` begins a login with it in a browser."""

    name: str
    label: str
    login_url: str


class ProvidersBody(Record):
    providers: Sequence[ProviderBody]


class LinkedProviderBody(Record):
    """A provider that can log you in. It has no name if it is no longer set up."""

    name: str | None
    label: str
    linked_at: datetime


class LinkedProvidersBody(Record):
    providers: Sequence[LinkedProviderBody]


class AuthorizationBody(Record):
    """Where the browser logs in, within `expires_in` seconds."""

    authorization_url: str
    expires_in: int
