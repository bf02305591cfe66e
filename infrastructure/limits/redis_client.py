"""Connections to Redis, all made alike: few, quick to give up, and never asking twice."""

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
