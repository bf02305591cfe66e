"""The queue of notifications for the workers: their ids in Redis, and nothing else.

The log is the record. If Redis loses the queue, the requeuer fills it again.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import dramatiq
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage, Retries
from redis import ConnectionPool, Redis

from domain.record import Record
from domain.vocabulary import ChannelName, NotificationId

ACTOR = "deliver"
NAMESPACE = "annals"
QUEUES: tuple[ChannelName, ...] = (ChannelName.EMAIL, ChannelName.WEB_PUSH, ChannelName.WEBHOOK)
TRACEPARENT = "traceparent"  # the message option with the trace the message belongs to
MAX_DELAY = timedelta(minutes=10)  # the requeuer enqueues what is due later

# Milliseconds at most between looks into a queue that was empty for long, and for delayed messages.
MAX_IDLE_MS, MAX_IDLE_DELAYED_MS = 1_000, 2_000

# A message whose worker failed, mostly because the database was away, is retried after a second,
# then less often, for about three minutes. After that the requeuer enqueues it again.
RETRIES = Retries(max_retries=12, min_backoff=1_000, max_backoff=30_000)


class QueueItem(Record):
    """A notification in the queue, for the attempt after `attempts` earlier ones."""

    id: NotificationId
    channel: ChannelName
    attempts: int = 0
    traceparent: str | None = None


class SafeRedisBroker(RedisBroker):
    """Dramatiq's Redis broker, without lost delayed messages and without stored tracebacks.

    When the connection to Redis breaks, a worker forgets the delayed messages it held, and
    while it lives no other worker may take them (Bogdanp/dramatiq#527). So a consumer of a
    delay queue first returns the messages it took before.
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        timeout = MAX_IDLE_MS
        if queue_name.endswith(".DQ"):
            timeout = MAX_IDLE_DELAYED_MS
            held: Any = self.client.smembers(
                f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
            )
            if held:
                self.do_requeue(queue_name, *(message_id.decode() for message_id in held))
        return super().consume(queue_name, prefetch, timeout)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> Any:
        # The library adds the traceback of a failure, which may quote personal data.
        message.options.pop("traceback", None)
        return super().enqueue(message, delay=delay)


def traceparent_of_message() -> str | None:
    """Return the trace of the message that this thread processes."""
    message = CurrentMessage.get_current_message()
    return message.options.get(TRACEPARENT) if message else None


def redis_client(url: str, *, database: int) -> Redis:
    """Return a client for threads. The database must be its own: dramatiq scans all its keys."""
    pool = ConnectionPool.from_url(url)
    pool.connection_kwargs["db"] = database
    return Redis(connection_pool=pool)


class DeliveryQueue:
    """Enqueues ids, and marks each as enqueued for the time `mark_life`."""

    def __init__(self, client: Redis, *, mark_life: timedelta) -> None:
        self.client = client
        # These find the messages of a dead worker within seconds, not minutes.
        self.broker = SafeRedisBroker(  # type: ignore[no-untyped-call]
            client=client,
            middleware=[CurrentMessage(), RETRIES],
            namespace=NAMESPACE,
            maintenance_chance=200_000,
            heartbeat_timeout=20_000,
        )
        for name in QUEUES:
            self.broker.declare_queue(name)
        self._mark_life = mark_life

    def enqueue(self, items: Iterable[QueueItem], *, delay: timedelta | None = None) -> None:
        """Enqueue all items, to be processed after the `delay`.

        Raises:
            redis.RedisError: some items may be in the queue, and some not.
        """
        for item in items:
            message: dramatiq.Message[None] = dramatiq.Message(
                queue_name=item.channel,
                actor_name=ACTOR,
                args=(str(item.id),),
                kwargs={},
                options={TRACEPARENT: item.traceparent} if item.traceparent else {},
            )
            wait = None if delay is None else max(1, round(delay.total_seconds() * 1000))
            self.broker.enqueue(message, delay=wait)
            # Only now: a mark without a message would hide its loss from the requeuer.
            life = self._mark_life + (delay or timedelta())
            self.client.set(_mark(item), 1, ex=round(life.total_seconds()) + 1)

    def not_enqueued(self, items: Sequence[QueueItem]) -> list[QueueItem]:
        """Return the items without a mark: never enqueued, enqueued long ago, or lost.

        Raises:
            redis.RedisError: Redis cannot be reached.
        """
        if not items:
            return []
        marks: list[bytes | None] = self.client.mget([_mark(item) for item in items])  # type: ignore[assignment]
        return [item for item, mark in zip(items, marks, strict=True) if mark is None]


def _mark(item: QueueItem) -> str:
    # In the database of the broker, so that marks and messages are lost together.
    return f"queued:{item.id}:{item.attempts}"
