"""Hashes passwords with Argon2id, away from the event loop and a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The parameters OWASP recommends: 19 MiB, two passes, one lane. Each check costs about 30 ms
# of one core, so no more run at once than leave the other requests room and memory.
MAX_CONCURRENT_HASHES = 2

T = TypeVar("T")


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        # argon2 lets go of the interpreter lock while it works.
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT_HASHES, thread_name_prefix="passwords")
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        return await self._in_thread(self._hasher.hash, password)

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether `password` is the one `known` was made of.

        With nothing known it takes as long as ever and says no, so that the time an answer
        takes does not tell which accounts exist.
        """
        if known is None:
            if self._nobodys is None:
                self._nobodys = await self.hash("nobody has this password")
            await self._in_thread(self._matches, self._nobodys, password)
            return False
        return await self._in_thread(self._matches, known, password)

    def outdated(self, known: str) -> bool:
        """Whether this hash was made with parameters we have since left behind."""
        return self._hasher.check_needs_rehash(known)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, function: Callable[..., T], *arguments: str) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *arguments)
