"""Ports for limits: requests and logins in a time, streams open at once, and quotas."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol
from uuid import UUID

from application.ports.signal import Signal
from domain.events.recorded import Recorded


class TooManyStreams(Exception):
    """The account has as many streams open as it may have."""


class TooManyWaiting(Exception):
    """The queue for expensive work is full, or the client has its share of it."""


class Rate(Protocol):
    @property
    def limit(self) -> int:
        """Return how many are allowed in `per` seconds."""
        ...

    @property
    def per(self) -> float: ...


class LimitRule(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def rate(self) -> Rate: ...


class LimitResult(Protocol):
    """Whether a request is allowed, and what remains of the rule that is closest to its end."""

    @property
    def rule(self) -> LimitRule: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def remaining(self) -> int: ...
    @property
    def retry_after(self) -> float:
        """Return the seconds until the next request is allowed; 0 if this one is."""
        ...


class RequestLimiter(Protocol):
    async def check_request(self, address: str, account: UUID | None) -> LimitResult | None:
        """Count a request of an address and an account; None if it is not counted."""
        ...

    async def check_login(self, address: str, email: str) -> LimitResult | None:
        """Count a login attempt with an email address; None if it is not limited.

        Raises:
            Unavailable: the attempt cannot be counted, so it must not be made.
        """
        ...

    async def login_succeeded(self, address: str, email: str) -> None:
        """Remember that the account logs in from this network address."""
        ...

    async def check_token(self, address: str, token: str) -> LimitResult | None:
        """Count an attempt with a refresh token; None if it is not limited.

        Raises:
            Unavailable: the attempt cannot be counted, so it must not be made.
        """
        ...

    async def check_registration(self, address: str) -> LimitResult | None:
        """Count a registration from a network address; None if it is not limited.

        Raises:
            Unavailable: it cannot be counted.
        """
        ...

    async def check_mail(self, address: str) -> LimitResult | None:
        """Count a mail that a network address asks for; None if it is not limited.

        Raises:
            Unavailable: it cannot be counted.
        """
        ...


class Turns(Protocol):
    """Places in a queue for expensive work, shared between clients."""

    def place(self, client: str) -> AbstractContextManager[None]:
        """Hold a place of the client while the block runs.

        Raises:
            TooManyWaiting: the queue is full, or this client has its share of it.
        """
        ...


class Presence(Protocol):
    async def is_online(self, account: UUID) -> bool:
        """Return whether a stream or socket of the account is open in any process.

        False where that cannot be found out: a notification too many is better than none.
        """
        ...


class StreamLimit(Protocol):
    @property
    def most(self) -> int:
        """Return how many streams an account may have open."""
        ...

    @property
    def life_seconds(self) -> float:
        """Return the seconds after which the streams of a killed process count no longer."""
        ...

    def acquire(
        self, account: UUID, *, device: str | None = None
    ) -> AbstractAsyncContextManager[Signal]:
        """Count one stream of the account while the block runs.

        The newest stream of a `device` takes the place of its predecessor, whose event is set.

        Raises:
            TooManyStreams: the account has `most` streams open.
        """
        ...


class Admission(Protocol):
    """Events that were counted, and are on their way into the log. If nothing is said of them, they
    may be in the log: they count for a while."""

    def recorded(self, positions: Sequence[int]) -> None:
        """The events are in the log, each at its position."""
        ...

    def refused(self) -> None:
        """The store refused the events: they count no longer."""
        ...


class Quotas(Protocol):
    """What an account may have, and record in a day."""

    async def admit(self, actor: str, batch: Sequence[Recorded]) -> Admission:
        """Count the events that a request of an account is about to record.

        Raises:
            QuotaExceeded: the account may not record them.
        """
        ...
