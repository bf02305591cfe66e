"""Which history a database has: noticed when it becomes another one under a living process."""

from collections.abc import Callable
from datetime import datetime

import structlog
from psycopg import AsyncConnection

from domain.record import Record

log = structlog.get_logger()

# On a standby there is no timeline to write on; it cannot be mistaken for a primary's.
_SELECT = """
SELECT
    (SELECT system_identifier FROM pg_control_system()),
    CASE WHEN pg_is_in_recovery() THEN 'standby'
         ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
    pg_postmaster_start_time()
"""


class DatabaseHistory(Record):
    """One uninterrupted life of one database.

    `system_identifier` names the cluster, `timeline` changes with every promotion and
    point-in-time recovery, `started_at` with every start: a crash may have undone what was
    visible without being on disk.
    """

    system_identifier: int
    timeline: str
    started_at: datetime


async def history_of(connection: AsyncConnection) -> DatabaseHistory:
    """Return the history that the database behind `connection` has."""
    cursor = await connection.execute(_SELECT, prepare=False)
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("a SELECT without FROM returns one row")
    return DatabaseHistory(system_identifier=row[0], timeline=row[1], started_at=row[2])


class HistoryWatch:
    """What this process knows of the database's history, and who must forget when it changes.

    Every new connection is compared before anything is asked on it. `epoch` counts the
    changes; what was remembered in an earlier epoch may never have happened in this one.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.current: DatabaseHistory | None = None
        self._forgetters: list[Callable[[], None]] = []

    def on_change(self, forget: Callable[[], None]) -> None:
        """Call `forget`, which must not raise or wait, whenever the history changes."""
        self._forgetters.append(forget)

    async def check(self, connection: AsyncConnection) -> int:
        """Compare a connection's history with the one known; return the epoch it belongs to."""
        found = await history_of(connection)
        if self.current is not None and found != self.current:
            self.epoch += 1
            log.warning(
                "database_history_changed",
                epoch=self.epoch,
                timeline=found.timeline,
                timeline_before=self.current.timeline,
                same_cluster=found.system_identifier == self.current.system_identifier,
            )
            for forget in self._forgetters:
                forget()
        self.current = found
        return self.epoch
