"""Metrics of the queue of notifications, read from Redis when a worker is scraped.

Only processes with a queue load this, and with it the library of the queue.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import msgspec
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from psycopg import AsyncConnection
from redis import Redis
from redis.exceptions import RedisError

from infrastructure.delivery.queue import NAMESPACE, QUEUES


class QueueMetrics:
    """The messages of the queue in Redis; uses no database."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    async def __call__(self, _connection: AsyncConnection[Any]) -> Iterable[Metric]:
        try:
            return await asyncio.to_thread(self._read)
        except RedisError as error:  # which only this process knows
            raise ConnectionError(f"Redis cannot be read: {error}") from error

    def _read(self) -> Iterable[Metric]:
        messages = Gauge("annals_queue_messages", "Messages in the queue", labels=("queue",))
        oldest = Gauge("annals_queue_oldest_seconds", "Age of the oldest due", labels=("queue",))
        for queue in QUEUES:
            waiting = f"{NAMESPACE}:{queue}"
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.hlen(f"{waiting}.msgs")
                pipeline.hlen(f"{waiting}.DQ.msgs")
                pipeline.lindex(waiting, 0)
                ready, delayed, first = pipeline.execute()
            messages.add_metric((queue,), ready + delayed)
            message = first and self._redis.hget(f"{waiting}.msgs", first)
            oldest.add_metric((queue,), _age_of(message) if message else 0.0)
        return [messages, oldest]


def _age_of(message: bytes) -> float:
    """Return for how many seconds a message has been due."""
    fields = msgspec.json.decode(message)
    # A delayed message is due at its `eta`. All times are in milliseconds.
    since = max(fields["message_timestamp"], fields["options"].get("eta", 0))
    return max(0.0, time.time() - float(since) / 1000)
