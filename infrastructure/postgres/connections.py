"""Opens connections to PostgreSQL, all with the same settings."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.roles import AS_APP

Connect: TypeAlias = Callable[[], Awaitable[AsyncConnection]]

# A peer that vanished silently is noticed in seconds, not after the system's two hours.
KEEPALIVE: Mapping[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


async def connect(url: str, *, name: str = "annals") -> AsyncConnection[TupleRow]:
    """Open a connection in autocommit; `name` is what operators see in pg_stat_activity."""
    return await AsyncConnection.connect(
        url, autocommit=True, application_name=name, options=AS_APP, **KEEPALIVE
    )


def connect_blocking(url: str, *, name: str) -> Connection[TupleRow]:
    """Open the same connection for threads."""
    return Connection.connect(
        url, autocommit=True, application_name=name, options=AS_APP, **KEEPALIVE
    )


def query_pool(url: str, *, size: int = 8, timeout: float = 1.5) -> AsyncConnectionPool:
    """Return a pool for queries, not yet open; waiting for a connection ends after `timeout` s."""
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        timeout=timeout,
        reconnect_timeout=5,
        kwargs={
            "autocommit": True,
            "application_name": "annals queries",
            "options": f"{AS_APP} -c statement_timeout=10s -c jit=off",
            **KEEPALIVE,
        },
    )
