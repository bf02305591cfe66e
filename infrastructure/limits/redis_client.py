"""Connections to Redis, all made alike: few, quick to give up, and never asking twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def open_redis(url: str, *, timeout_seconds: float = 1.0) -> Redis:
    """Return a client for commands that answer at once; it connects when it is first used.

    It gives up after `timeout_seconds` seconds. A command whose answer is lost is not sent again:
    counted twice is worse than not counted.
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
