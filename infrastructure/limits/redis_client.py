"""Redis clients with short timeouts, few connections and no retries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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


@asynccontextmanager
async def redis_if_named(
    url: str | None, *, timeout_seconds: float = 1.0
) -> AsyncIterator[Redis | None]:
    """Yield a client, closed at the end of the block; None if no Redis is named."""
    if url is None:
        yield None
        return
    client = open_redis(url, timeout_seconds=timeout_seconds)
    try:
        yield client
    finally:
        await client.aclose()
