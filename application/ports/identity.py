"""Ports for login: identities, access tokens, sessions, passwords and stream tickets."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NoReturn, Protocol
from uuid import UUID

from application.command import Context
from application.ports.signal import Signal
from domain.identity.account import Account
from domain.record import Record
from domain.vocabulary import AccountId, Role, Scope, SessionEnd, SignInMethod, TokenId

ALL_SCOPES = frozenset(Scope)


class BadToken(Exception):
    """The access token proves nothing. The message is fit for the person who sent it."""


class Identity(Record):
    """The account a credential belongs to, and what it may do.

    Either `session_id` or `token_id` is known: a session may do everything that the roles allow,
    a personal access token no more than its scopes. `expires_at` is in seconds since 1970.
    """

    account_id: AccountId
    actor: str
    roles: frozenset[Role]
    session_id: UUID | None
    expires_at: int
    scopes: frozenset[Scope] = ALL_SCOPES
    token_id: UUID | None = None


class Claim(Record):
    """A credential whose form is right. `signed` is what its signature says, if it has one."""

    credential: str
    signed: Identity | None = None


class TokenPair(Record):
    """The tokens of a login. Both lifetimes are in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class SignIn(Record):
    """How and from where somebody signs in. `device` is a short name ("Firefox on Linux"),
    `address` a pseudonym of the network address. `authenticated_at`: when the login provider last
    asked for the login, if it said so."""

    method: SignInMethod
    device: str
    address: str
    authenticated_at: datetime | None = None


class ActiveSession(Record):
    """A session that has not ended, as its owner recognises it."""

    id: UUID
    method: SignInMethod
    device: str
    address: str
    started_at: datetime
    last_used_at: datetime


class StoredSession(Record):
    """A login and its renewals, with the one refresh token that is valid now."""

    id: UUID
    account_id: UUID
    refresh_token: str


class PublicKeys(Protocol):
    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys that verify access tokens (RFC 7517)."""
        ...


class HeldIdentity(Protocol):
    """The identity of an open stream or socket."""

    @property
    def identity(self) -> Identity: ...

    @property
    def ended(self) -> Signal:
        """Return the signal that is set when the session, the token or the account has ended."""
        ...

    def renew(self, identity: Identity) -> None:
        """Go on with another credential of the same account."""
        ...


class Authenticator(Protocol):
    @property
    def keys(self) -> PublicKeys: ...

    def recall(self, credential: str) -> Identity | None:
        """Return the identity that a credential proved a moment ago; None: it must be proved."""
        ...

    def claim(self, credential: str) -> Claim:
        """Return what a credential claims, as far as it can be checked without a look-up.

        Raises:
            BadToken: it is forged, damaged, expired or not valid yet.
        """
        ...

    async def prove(self, claim: Claim) -> Identity:
        """Return the identity that a claim proves at the moment.

        Raises:
            BadToken: its session has ended, it is revoked or expired, or the account is not there.
            Unavailable: the database does not answer.
        """
        ...

    async def look_up(self, identity: Identity) -> Identity:
        """Return what an identity that was proved before is at the moment; raises as `prove`."""
        ...

    def hold(self, identity: Identity) -> AbstractContextManager[HeldIdentity]:
        """Hold an identity while a stream or socket is open."""
        ...

    def forget(self, ids: Collection[UUID]) -> None:
        """Look up these accounts and sessions again at once, not within seconds."""
        ...

    async def run(self) -> NoReturn:
        """Check the identities that are held, and record the use of tokens, until cancelled."""
        ...


class AccessTokens(Protocol):
    """The secrets of personal access tokens."""

    async def keep(self, account_id: UUID, token_id: UUID) -> str:
        """Store a new secret as a hash, and return it."""
        ...

    async def discard(self, token_id: UUID) -> None:
        """Delete the secret of a token that was revoked, or not created after all."""
        ...

    async def last_used(self, account_id: UUID) -> Mapping[TokenId, datetime]:
        """Return when the tokens of an account were last used; those never used are left out."""
        ...


class Sessions(Protocol):
    async def login(
        self, account: Account, sign_in: SignIn, context: Context, *, for_cookie: bool = False
    ) -> TokenPair:
        """Begin a session of an account that has proved who it is, and record it. With
        `for_cookie`, its refresh token is valid in a cookie only.

        Raises:
            Unavailable: it cannot be stored or recorded; nobody has a token of it.
        """
        ...

    async def renew(self, refresh_token: str, *, from_cookie: bool = False) -> StoredSession | None:
        """Exchange a refresh token for the next one; None if its session has ended.

        Raises:
            Conflict: another tab of the browser has renewed the cookie since.
        """
        ...

    async def logout(self, refresh_token: str, context: Context) -> None:
        """End the session of a refresh token; the token proves the account that acts."""
        ...

    def tokens_for(self, session: StoredSession, roles: Sequence[Role]) -> TokenPair:
        """Return new tokens of a session."""
        ...


class ActiveSessions(Protocol):
    async def of_account(self, account_id: UUID) -> Sequence[ActiveSession]:
        """Return the sessions that have not ended, the latest used first."""
        ...

    async def end(
        self, account_id: UUID, session_id: UUID, reason: SessionEnd, context: Context
    ) -> bool:
        """End a session; return False if the account has no session with this id."""
        ...

    async def end_all(
        self, account_id: UUID, reason: SessionEnd, context: Context, *, but: UUID | None = None
    ) -> None:
        """End all sessions of an account, or all others than `but`."""
        ...


class PasswordStore(Protocol):
    async def set(self, account_id: UUID, password: str) -> None:
        """Store the password of an account, hashed.

        Raises:
            Invalid: it is a common password.
        """
        ...

    async def prepare(self, password: str) -> str:
        """Return the hash of a password, to be kept once the change is recorded.

        Raises:
            Invalid: it is a common password.
        """
        ...

    async def keep(self, account_id: UUID, password_hash: str) -> None:
        """Store a hash that `prepare` returned."""
        ...

    async def forget(self, account_id: UUID) -> None:
        """Delete the password of an account."""
        ...

    async def exists(self, account_id: UUID) -> bool:
        """Return whether the account has a password."""
        ...

    async def verify(self, account_id: UUID | None, password: str) -> str | None:
        """Return a proof that this is the account's password, for `is_current`; None: it is not.

        Takes as long for no account.
        """
        ...

    async def is_current(self, account_id: UUID, proof: str) -> bool:
        """Return whether the password that was verified is still that of the account."""
        ...


class StreamTickets(Protocol):
    @property
    def life_seconds(self) -> int: ...

    async def issue(self, identity: Identity) -> str:
        """Return a ticket that opens one stream within `life_seconds`.

        Raises:
            Unavailable: the ticket cannot be stored.
        """
        ...

    async def redeem(self, ticket: str) -> Identity | None:
        """Return the identity a ticket was issued to; None if it is used, expired or unknown.

        Raises:
            Unavailable: the ticket cannot be looked up.
        """
        ...
