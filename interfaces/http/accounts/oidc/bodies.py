"""The bodies of logging in with OpenID Connect providers."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from domain.record import Record
from interfaces.http.accounts.account_bodies import AnyPassword


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


class LinkBody(Record, forbid_unknown_fields=True):
    """Your password. An account without a password leaves it out, within five minutes of a
    login."""

    password: AnyPassword | UnsetType = UNSET


class AuthorizationBody(Record):
    """Where the browser logs in, within `expires_in` seconds."""

    authorization_url: str
    expires_in: int
