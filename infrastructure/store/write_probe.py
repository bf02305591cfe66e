"""Tells whether the database accepts writes, for the readiness of `annals serve`."""

import time

import psycopg
from psycopg import AsyncConnection

from application.ports.unavailable import Unavailable
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.group_commit import GroupCommit

PROBE_SECONDS = 3.0  # between commits of the probe's own
# After a failed append, and none since that succeeded. Then requests may try again: where a full
# disk refuses rows it may still accept the probe's commit, which only writes to the WAL.
FAILED_SECONDS = 10.0


class WriteProbe:
    """Watches the appends of this process, and commits something tiny of its own now and then."""

    def __init__(self, queries: QueryRunner, commits: GroupCommit) -> None:
        self._queries = queries
        self._commits = commits
        self._probed_at = float("-inf")
        self._accepted = False

    async def writable(self) -> bool:
        now = time.monotonic()
        failed_at = self._commits.failed_at
        if failed_at is not None and now - failed_at < FAILED_SECONDS:
            return False
        if now - self._probed_at >= PROBE_SECONDS:
            self._probed_at = now
            try:
                self._accepted = await self._queries.run(_commit)
            except (psycopg.Error, Unavailable):
                self._accepted = False
        return self._accepted


async def _commit(connection: AsyncConnection) -> bool:
    """Write to the WAL and commit, which PostgreSQL does not refuse to a read-only transaction.

    Not on a standby: a wait for one that is away cannot be ended, and would use up a connection.
    """
    cursor = await connection.execute(
        "SELECT current_setting('transaction_read_only') = 'off',"
        " pg_logical_emit_message(true, 'annals', ''),"
        " set_config('synchronous_commit', 'local', true)"
    )
    row = await cursor.fetchone()
    return bool(row and row[0])
