"""How much of a pool each account may use at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from application.ports.queries import TooManyQueries

T = TypeVar("T")

MAX_WAITING = 64  # works of an account that wait for its share; more are refused at once


class Share:
    """Runs at most `most` of the works that are given to it at once; the others wait in order."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self.users = 0  # works that run or wait

    @property
    def full(self) -> bool:
        return self._free.locked()

    async def hold(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work as soon as there is a place, and keep the place until it has ended."""
        self.users += 1
        try:
            async with self._free:
                return await work()
        finally:
            self.users -= 1


class AccountShares:
    """A share of the same size for every account that asks at the moment."""

    def __init__(self, *, each: int) -> None:
        self._each = each
        self._shares: dict[UUID, Share] = {}

    def is_full(self, account: UUID) -> bool:
        """Return whether the account uses its whole share."""
        share = self._shares.get(account)
        return share is not None and share.full

    async def hold(self, account: UUID, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work within the share of the account.

        Raises:
            TooManyQueries: too many works of the account wait already.
        """
        share = self._shares.setdefault(account, Share(self._each))
        if share.users >= self._each + MAX_WAITING:
            raise TooManyQueries
        try:
            return await share.hold(work)
        finally:
            if share.users == 0:
                self._shares.pop(account, None)
