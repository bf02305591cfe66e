"""Logs that the database is away: once at the start, then once a minute, and once at the end."""

import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

REPEAT_SECONDS = 60.0
# A connection that opens may be lost at once, over and over: it is back when it has lasted.
SETTLED_SECONDS = 5.0


class OutageLog:
    """What a process says about its database, however many of its parts have lost it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None  # when the present outage began
        self._logged_at = float("-inf")
        self._failures = 0

    def lost(self, error: BaseException) -> None:
        """A part of this process has lost the database, or cannot reach it."""
        now = self._clock()
        first = self._since is None
        if first:
            self._since, self._failures = now, 0
        self._failures += 1
        wait = SETTLED_SECONDS if first else REPEAT_SECONDS
        if now - self._logged_at >= wait:
            self._logged_at = now
            log.warning(
                "database_lost" if first else "database_away",
                error=str(error).strip(),
                seconds=round(now - (self._since or now)),
                failures=self._failures,
            )

    def answered(self) -> None:
        """A new connection to the database was opened."""
        if self._since is None:
            return
        now, since = self._clock(), self._since
        self._since = None
        if self._logged_at >= since:  # otherwise nobody has read that it was lost
            log.info("database_back", seconds=round(now - since), failures=self._failures)
            self._logged_at = now


OUTAGE = OutageLog()
