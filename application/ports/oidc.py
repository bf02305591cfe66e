"""Ports for logging in with OpenID Connect providers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.record import Record
from domain.vocabulary import AccountId


class LoginRefused(Exception):
    """The login is refused. The message is fit for the person who logs in."""


class UnknownProvider(Exception):
    """There is no provider of this name."""


class ProviderInfo(Record):
    """A provider that people may log in with: its name in URLs, and its label for people."""

    name: str
    label: str
    issuer: str


class StartedLogin(Record):
    """A login that has begun: where the browser goes, and what it keeps until it is back.

    `kept` is encrypted; it is valid for `life_seconds`, in a single login.
    """

    url: str
    kept: str
    life_seconds: int


class LoginPurpose(Record):
    """What a login is for: a session, or to link a provider to the account of a session.

    `return_to` is the path that the browser goes to afterwards. `fresh`: the provider asks for the
    login also where the browser is logged in there.
    """

    return_to: str = "/"
    account_id: AccountId | None = None
    session_id: UUID | None = None
    fresh: bool = False


class ProvedPerson(Record):
    """What a provider said of a person: `subject` is their name at the provider, for ever.
    `authenticated_at` is when it last asked for the login, None if it did not say."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    purpose: LoginPurpose
    authenticated_at: datetime | None = None


class ProviderLogins(Protocol):
    def providers(self) -> Sequence[ProviderInfo]:
        """Return the providers that are set up."""
        ...

    async def begin(self, provider: str, purpose: LoginPurpose) -> StartedLogin:
        """Begin a login.

        Raises:
            UnknownProvider: it is not set up.
            Unavailable: the provider does not answer.
        """
        ...

    async def finish(
        self, provider: str, kept: str | None, answer: Mapping[str, str]
    ) -> ProvedPerson:
        """Return what the provider says of the person who comes back with `answer`.

        Raises:
            UnknownProvider: it is not set up.
            LoginRefused: the answer does not belong to a login of this browser, was used, or
                proves nothing.
            Unavailable: the provider, or the database, does not answer.
        """
        ...

    def return_to(self, kept: str | None, state: str | None) -> str:
        """Return the path of a login that failed; `/` if that is not known."""
        ...
