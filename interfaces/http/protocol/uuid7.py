"""New ids: UUIDv7 (RFC 9562), so that what is newer sorts behind and lands at the index's edge."""

import os
import time
from uuid import UUID

from domain.values.uuids import uuid_of

RANDOM_BYTES = 10  # for an id
DRAWN_BYTES = 256 * RANDOM_BYTES  # at once: asking the system for each id costs as much as the rest


class Uuid7Generator:
    """Makes ids that grow, also within one millisecond and when the clock steps back."""

    def __init__(self) -> None:
        self._last = 0
        self._count = 0
        self._drawn = b""
        self._used = 0
        os.register_at_fork(after_in_child=self._forget_drawn)

    def new(self) -> UUID:
        now = time.time_ns() // 1_000_000
        if self._used == len(self._drawn):
            self._drawn, self._used = os.urandom(DRAWN_BYTES), 0
        begin, self._used = self._used, self._used + RANDOM_BYTES
        chance = int.from_bytes(self._drawn[begin : self._used], "big")
        if now > self._last:
            self._last = now
            # The upper bit stays free, so that counting on has room.
            self._count = chance >> 69
        else:
            self._count += 1
            if self._count > 0xFFF:
                self._last += 1
                self._count = 0
        number = self._last << 80 | 0x7 << 76 | self._count << 64 | 0x2 << 62
        return uuid_of(number | chance & (1 << 62) - 1)

    def _forget_drawn(self) -> None:
        """Two processes must not use the same random bytes."""
        self._drawn, self._used = b"", 0


uuid7 = Uuid7Generator().new
