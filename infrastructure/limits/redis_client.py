"""Redis clients with short timeouts, few connections and no retries."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def open_redis(url: str, *, timeout_seconds: float = 1.0) -> Redis:
    """Return a client for short commands; it connects on first use.

    A command fails after `timeout_seconds` and is not retried: a command that changes a counter
    must not run twice.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=16,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
    )
    return Redis(connection_pool=pool)
