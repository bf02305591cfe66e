"""Opens connections to PostgreSQL, all with the same settings, and each with its history known."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeVar

from psycopg import AsyncConnection, Connection, waiting
from psycopg.abc import PQGen
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.histories import HistoryWatch, watch_of
from infrastructure.postgres.outages import OUTAGE
from infrastructure.postgres.packed_arrays import register_packed_arrays
from infrastructure.postgres.roles import AS_APP

Connect: TypeAlias = Callable[[], Awaitable["DatabaseConnection"]]
Result = TypeVar("Result")

# A peer that vanished silently is noticed in seconds, not after the system's two hours.
KEEPALIVE: Mapping[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# The server ends the query of a client that has gone, but never a commit's wait for a standby.
CHECK_CLIENT = "-c client_connection_check_interval=1s"


# psycopg wakes ten times a second to see signals, which the event loop sees anyway. A connection
# that waits for a notification would keep the processor busy at rest.
WAIT_INTERVAL_SECONDS = 60.0
# Notifications kept of those that arrive while nobody waits for one.
MAX_NOTIFICATIONS_KEPT = 100


class DatabaseConnection(AsyncConnection[TupleRow]):
    """A connection that never cancels what it has sent, and knows the epoch it belongs to.

    psycopg asks the server to cancel a query whose task is cancelled. A backend that waits for
    its synchronous standby then stops waiting, and shows a commit that the standby may not have.
    Here the client side is closed instead.
    """

    watch: HistoryWatch
    epoch: int = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # psycopg keeps all of them. A reader that always finds more to read never waits, and its
        # memory would grow with the log.
        self._notifies_backlog = deque(maxlen=MAX_NOTIFICATIONS_KEPT)
        register_packed_arrays(self.adapters)

    @property
    def outdated(self) -> bool:
        """Whether another connection has found another history since this one was opened."""
        return self.epoch != self.watch.epoch

    async def wait(
        self,
        gen: PQGen[Result],
        interval: float = WAIT_INTERVAL_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's own signature
    ) -> Result:
        try:
            return await waiting.wait_async(
                gen, self.pgconn.socket, interval=interval, timeout=timeout
            )
        except BaseException as error:
            if not isinstance(error, Exception):
                self.pgconn.finish()
            raise


def saw(connection: AsyncConnection[Any], position: int) -> None:
    """Remember that an event was seen at this position of the connection's database."""
    if isinstance(connection, DatabaseConnection):
        connection.watch.saw(position)


def epoch_of(connection: AsyncConnection[Any]) -> int:
    """Return the epoch a connection belongs to; 0 for one that was opened elsewhere."""
    return connection.epoch if isinstance(connection, DatabaseConnection) else 0


async def connect(url: str, *, name: str = "annals") -> DatabaseConnection:
    """Open a connection in autocommit; `name` is what operators see in pg_stat_activity."""
    connection = await DatabaseConnection.connect(
        url,
        autocommit=True,
        application_name=name,
        options=f"{AS_APP} {CHECK_CLIENT}",
        **KEEPALIVE,
    )
    try:
        await _join(url, connection)
    except BaseException:
        await connection.close()
        raise
    OUTAGE.answered()
    return connection


def connect_blocking(url: str, *, name: str) -> Connection[TupleRow]:
    """Open the same connection for threads."""
    return Connection.connect(
        url, autocommit=True, application_name=name, options=AS_APP, **KEEPALIVE
    )


def query_pool(url: str, *, size: int = 8, timeout: float = 1.5) -> AsyncConnectionPool[Any]:
    """Return a pool for queries, not yet open; waiting for a connection ends after `timeout` s."""
    return AsyncConnectionPool(
        url,
        connection_class=DatabaseConnection,
        configure=partial(_join, url),
        min_size=1,
        max_size=size,
        open=False,
        timeout=timeout,
        reconnect_timeout=5,
        kwargs={
            "autocommit": True,
            "application_name": "annals queries",
            "options": f"{AS_APP} -c statement_timeout=10s -c jit=off {CHECK_CLIENT}",
            **KEEPALIVE,
        },
    )


async def _join(url: str, connection: DatabaseConnection) -> None:
    connection.watch = watch_of(url)
    connection.epoch = await connection.watch.check(connection)
