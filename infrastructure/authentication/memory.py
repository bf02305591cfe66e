"""The identities that were proved a moment ago, by their credentials."""

import time
from collections.abc import Callable, Collection
from typing import NamedTuple
from uuid import UUID

from application.ports.identity import Identity

# Without contact to the log for so long, nothing that is remembered counts. With the time of a
# look-up, what was revoked is refused within 5 seconds.
MAX_SILENCE_SECONDS = 4.0


class Remembered(NamedTuple):
    """An identity, and until when it may be recalled (in seconds since 1970)."""

    identity: Identity
    until: float


class IdentityMemory:
    """Remembers at most `size` identities, and only while the log is being followed.

    What was looked up before something was forgotten is not remembered after it: each look-up
    begins with `mark()` and ends with `remember(…, since=mark)`.
    """

    def __init__(
        self,
        *,
        size: int = 10_000,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[str, Remembered] = {}
        self._contact = float("-inf")  # on the monotonic clock
        self._forgotten = 0

    @property
    def is_current(self) -> bool:
        """Whether the log has been read up to its end within the last seconds."""
        return self._monotonic() - self._contact < MAX_SILENCE_SECONDS

    def recall(self, credential: str) -> Identity | None:
        found = self._known.get(credential)
        if found is None or self._monotonic() - self._contact >= MAX_SILENCE_SECONDS:
            return None
        if found.until <= self._clock():
            del self._known[credential]
            return None
        return found.identity

    def mark(self) -> int:
        return self._forgotten

    def remember(self, credential: str, identity: Identity, *, until: float, since: int) -> None:
        """Remember what was looked up, unless something was forgotten since the mark."""
        if since != self._forgotten:
            return
        if len(self._known) >= self._size:
            self._make_room()
        self._known[credential] = Remembered(identity, until)

    def forget(self, ids: Collection[UUID]) -> None:
        """Forget the identities of these accounts and sessions."""
        self._forgotten += 1
        self._known = {
            credential: known
            for credential, known in self._known.items()
            if known.identity.account_id not in ids and known.identity.session_id not in ids
        }

    def forget_all(self) -> None:
        self._forgotten += 1
        self._known.clear()

    def confirm(self, as_of: float) -> None:
        """Count all that is remembered as right at the moment `as_of` of the monotonic clock."""
        self._contact = max(self._contact, as_of)

    def _make_room(self) -> None:
        now = self._clock()
        kept = {credential: known for credential, known in self._known.items() if known.until > now}
        # Dictionaries keep their order: the first is the oldest.
        for credential in list(kept)[: max(0, len(kept) - self._size // 2)]:
            del kept[credential]
        self._known = kept
