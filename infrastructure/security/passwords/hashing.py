"""Hashes passwords with Argon2id, away from the event loop and a few at a time."""

import asyncio
import contextlib
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The parameters that OWASP recommends, with one lane: a check takes about 30 ms of a core.
MEMORY_KIB = 19 * 1024
PASSES = 2
# Running few checks at once leaves time and memory to other requests.
MAX_CONCURRENT_HASHES = 2
# The nice value of the threads that hash: guesses of passwords take what other requests leave of
# the processor.
NICE = 10

T = TypeVar("T")


class Passwords:
    """Makes and checks hashes in threads of its own, until it is closed."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        # argon2 releases the interpreter lock while it works.
        self._threads = ThreadPoolExecutor(
            MAX_CONCURRENT_HASHES, thread_name_prefix="passwords", initializer=_yield_to_others
        )
        self._dummy_hash: str | None = None

    async def hash(self, password: str) -> str:
        return await self._in_thread(self._hasher.hash, _normal(password))

    async def verify(self, password: str, known: str | None) -> bool:
        """Return whether `known` is a hash of `password`.

        Without a hash the answer is False and takes as long, so that response times do not
        reveal which accounts exist.
        """
        password = _normal(password)
        if known is None:
            if self._dummy_hash is None:
                self._dummy_hash = await self.hash("no account has this password")
            await self._in_thread(self._matches, self._dummy_hash, password)
            return False
        return await self._in_thread(self._matches, known, password)

    def outdated(self, known: str) -> bool:
        """Return whether this hash was made with parameters that are no longer in use."""
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


def _yield_to_others() -> None:
    """Lower the priority of this thread; only on Linux has a thread a priority of its own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # without it, logins work as well
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _normal(password: str) -> str:
    """Return the form that is hashed: keyboards differ in how they compose the same characters."""
    return unicodedata.normalize("NFKC", password)
