"""Leadership of a reader: a lock on its connection, and a lease that a stopped process loses."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import psycopg
import structlog
from psycopg import AsyncConnection, Connection

from infrastructure.postgres.connections import connect_blocking

log = structlog.get_logger()

STANDBY_SECONDS = 1.0  # between attempts to become the active runner
BEAT_SECONDS = 1.0
LEASE_SECONDS = 3.0  # without a beat; a takeover takes at most two looks of a standby longer

# Ends the connection that holds the lock of a reader, once all beats of its process have stopped.
# A process without beats (an older release, or one that is about to begin) is left alone.
_END_STOPPED = """
WITH held AS (
    SELECT pid, classid, objid FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), stopped AS (
    SELECT leader.pid FROM held leader
    JOIN held beat ON beat.classid = hashtext('annals heartbeat')::oid
        AND beat.objid = leader.pid::oid
    JOIN pg_stat_activity activity ON activity.pid = beat.pid
    WHERE leader.classid = hashtext('annals reader')::oid AND leader.objid = hashtext(%s)::oid
    GROUP BY leader.pid
    HAVING bool_and(activity.state = 'idle'
        AND clock_timestamp() - activity.state_change > make_interval(secs => %s))
)
SELECT pg_terminate_backend(pid) FROM stopped
"""


@asynccontextmanager
async def leadership(url: str, connection: AsyncConnection, name: str) -> AsyncIterator[None]:
    """Wait until `connection` holds the lock of the reader `name`, and keep its lease alive.

    Whatever the runner writes goes over this connection. A standby that misses the beats of the
    process for LEASE_SECONDS ends the connection, so a process that wakes up cannot write.
    """
    await _acquire(connection, name)
    heartbeat = _heartbeat_of(url)
    pid = connection.info.backend_pid
    heartbeat.begin(pid)
    try:
        yield
    finally:
        heartbeat.end(pid)


async def _acquire(connection: AsyncConnection, name: str) -> None:
    standing_by = False
    while True:
        cursor = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtext('annals reader'), hashtext(%s))", (name,)
        )
        if (await cursor.fetchone() or (False,))[0]:
            log.info("subscription_started", reader=name)
            return
        if not standing_by:
            log.info("subscription_standing_by", reader=name)
            standing_by = True
        await asyncio.sleep(STANDBY_SECONDS)
        cursor = await connection.execute(_END_STOPPED, (name, LEASE_SECONDS))
        if await cursor.fetchall():
            log.warning("stopped_runner_ended", reader=name)


class Heartbeat:
    """Shows that this process runs, for the connections that hold locks of readers.

    A thread on a connection of its own beats every second: it does so while the event loop is
    busy or waits for Kafka, and stops only when the process does. A lock for each connection, under
    the id of its backend, tells the standbys whose beat it is.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._wanted: set[int] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def begin(self, backend: int) -> None:
        with self._changed:
            self._wanted.add(backend)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()

    def end(self, backend: int) -> None:
        with self._changed:
            self._wanted.discard(backend)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            try:
                with connect_blocking(self._url, name="annals heartbeat") as connection:
                    if self._beat(connection):
                        return
            except (psycopg.Error, OSError):
                pass  # the runners notice, too; they say that the database is lost
            with self._changed:
                self._changed.wait(BEAT_SECONDS)

    def _beat(self, connection: Connection) -> bool:
        """Beat until no runner is left, and return True then."""
        held: set[int] = set()
        while True:
            with self._changed:
                wanted = set(self._wanted)
                if not wanted:
                    self._thread = None
                    return True
            for backend in wanted - held:
                _lock(connection, "pg_advisory_lock_shared", backend)
            for backend in held - wanted:
                _lock(connection, "pg_advisory_unlock_shared", backend)
            held = wanted
            connection.execute("SELECT 1")
            with self._changed:
                if self._wanted == held:
                    self._changed.wait(BEAT_SECONDS)


def _lock(connection: Connection, function: str, backend: int) -> None:
    connection.execute(f"SELECT {function}(hashtext('annals heartbeat'), %s::int)", (backend,))


@cache
def _heartbeat_of(url: str) -> Heartbeat:
    return Heartbeat(url)
