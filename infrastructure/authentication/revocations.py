"""Reads of the log what ends or changes identities, so that they are forgotten."""

import time
from collections.abc import Callable
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from infrastructure.authentication.authenticator import RememberingAuthenticator
from infrastructure.postgres.connections import DatabaseConnection
from infrastructure.store.event_log import EventLog

# Not bounded by what is settled: a writer that is stopped in the middle of its transaction must
# not keep a revocation from being heard. What is read twice is forgotten twice.
_CHANGED = """
SELECT annals_log_end(), ARRAY(
    SELECT DISTINCT originator_id FROM stored_events
    WHERE notification_id > %s AND (topic LIKE 'account.%%' OR topic = 'session.ended'))
"""


class Revocations:
    """Follows the events of accounts and the ends of sessions, however many others there are."""

    def __init__(
        self,
        log: EventLog,
        authenticator: RememberingAuthenticator,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._authenticator = authenticator
        self._monotonic = monotonic
        self._position: int | None = None
        self._end = 0  # of the log at the last read, and so visible to the next
        self._epoch = 0

    def are_awaited(self) -> bool:
        """Return whether requests came since this was last called."""
        return self._authenticator.was_asked()

    async def read(self, connection: DatabaseConnection) -> None:
        """Read up to the end of the log, and let be forgotten what the new events are about.

        Raises:
            psycopg.OperationalError: the database does not answer, or has another history.
        """
        if connection.outdated:
            raise psycopg.OperationalError("the database has another history now")
        began = self._monotonic()
        if self._position is None or connection.epoch != self._epoch:
            # What is remembered may never have happened in this history.
            self._end, self._epoch = await self._log.end(connection), connection.epoch
            self._position = self._end
            self._authenticator.forget_all()
        else:
            end, changed = await _changed(connection, self._position)
            if changed:
                self._authenticator.forget(changed)
            # The new end may lie beyond what this statement saw: the next one begins before it.
            self._position, self._end = self._end, end
        self._authenticator.confirm(began)


async def _changed(connection: AsyncConnection, after: int) -> tuple[int, frozenset[UUID]]:
    """Return the end of the log, and the accounts and sessions with events beyond `after`."""
    # Planned anew each time, so that the position chooses the index.
    cursor = await connection.execute(_CHANGED, (after,), prepare=False)
    [(end, streams)] = await cursor.fetchall()
    return end, frozenset(streams)
