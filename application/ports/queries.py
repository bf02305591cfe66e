"""Ports for reading views: run a query, and wait until a view shows a position."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

from application.ports.unavailable import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

# The account whose request is in progress in this task; None: nobody's, or not known yet.
asking_account: ContextVar[UUID | None] = ContextVar("asking_account", default=None)


class TooManyQueries(Unavailable):
    """The account has its share of the connections in use, and others wait for it already."""

    def __init__(self) -> None:
        super().__init__("A connection for another request of yours")


class Queries(Protocol):
    def notice(self, account: UUID) -> None:
        """Note that the account sent a request, of whatever kind: while several accounts send
        requests, none may use all of the database's time."""
        ...

    async def run(
        self,
        query: Callable[Concatenate[Any, P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return the result of `query`, which gets a database connection first.

        Raises:
            TooManyQueries: the account that asks has its share of the connections in use.
            Unavailable: there is no result within the timeout.
        """
        ...

    async def run_export(
        self,
        query: Callable[Concatenate[Any, P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return a page of an export; all exports together use a quarter of the connections.

        Raises:
            Unavailable: there is no result within the timeout, which is longer.
        """
        ...


class PositionLost(Exception):
    """No event has the position any more: it was lost in a failover or a restore."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"Position {position} was lost: the database was restored to an earlier moment,"
            " or failed over to a standby that had not received it."
        )


class ViewWaiter(Protocol):
    async def until(self, view: str, position: int) -> bool:
        """Return whether `view` shows everything up to `position` within a few seconds.

        Raises:
            PositionLost: no event will ever have the position.
            Unavailable: the database cannot be reached.
        """
        ...

    async def until_now(self, view: str) -> int | None:
        """Return the position up to which everything is committed by now, once `view` shows that;
        None: it does not within a few seconds.

        Raises:
            Unavailable: the database cannot be reached.
        """
        ...
