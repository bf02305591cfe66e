"""Ports for reading views: run a query, and wait until a view shows a position."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Queries(Protocol):
    async def run(
        self,
        query: Callable[Concatenate[Any, P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return the result of `query`, which gets a database connection first.

        Raises:
            Unavailable: there is no result within the timeout.
        """
        ...

    def connection(self) -> AbstractAsyncContextManager[Any]:
        """Lend a database connection for as long as an export takes.

        Raises:
            Unavailable: too many are lent already, or the database is away.
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
