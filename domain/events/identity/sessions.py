"""The events of a session, which begins with a login, and of a request for a new password."""

from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.vocabulary import AccountId, Moment, SessionEnd, SignInMethod


class SessionStarted(Event, tag="session.started"):
    """Somebody signed in. `device` is a short name made from the User-Agent, `address` a pseudonym
    of the network address, the same for the same address. `new_device`: the account had no session
    from this device and address in the last six months. `authenticated_at`: when the login provider
    last asked for the login, if it said so."""

    account_id: AccountId
    method: SignInMethod
    device: str
    address: str
    new_device: bool = False
    authenticated_at: Moment | UnsetType = UNSET


class SessionEnded(Event, tag="session.ended"):
    """The session ended: none of its tokens is accepted any more."""

    account_id: AccountId
    reason: SessionEnd


SessionEvent: TypeAlias = SessionStarted | SessionEnded


class PasswordResetRequested(Event, tag="password_reset.requested"):
    """Somebody forgot a password. Null: no account has the address, and no mail is sent; the
    event is recorded in both cases, so that the two take the same work."""

    account_id: AccountId | None


class PasswordResetUsed(Event, tag="password_reset.used"):
    """The link in the mail was used; it works once."""

    account_id: AccountId


PasswordResetEvent: TypeAlias = PasswordResetRequested | PasswordResetUsed
