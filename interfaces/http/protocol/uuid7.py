"""New ids: UUIDv7 (RFC 9562), so that what is newer sorts behind and lands at the index's edge."""

import os
import time
from uuid import UUID


class Uuid7Generator:
    """Makes ids that grow, also within one millisecond and when the clock steps back."""

    def __init__(self) -> None:
        self._last = 0
        self._count = 0

    def new(self) -> UUID:
        now = time.time_ns() // 1_000_000
        chance = int.from_bytes(os.urandom(10), "big")
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
        return UUID(int=number | chance & (1 << 62) - 1)


uuid7 = Uuid7Generator().new
