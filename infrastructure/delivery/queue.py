"""The queue between what is to be told and those who tell it: ids in Redis, and nothing else.

Redis carries, the log remembers. Losing all of this costs the time until the next sweep.
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
TRACEPARENT = "traceparent"  # the option of a message that says what trace it is part of
MAX_DELAY = timedelta(minutes=10)  # what waits longer is left to the sweeper

# What a worker stumbled over, most often a database that did not answer, comes again after a
# second, and so on for some three minutes. Then it is left to the sweeper.
RETRIES = Retries(max_retries=12, min_backoff=1_000, max_backoff=30_000)


class QueueItem(Record):
    """What lies in the queue, which of its attempts it is there for, and in what trace."""

    id: NotificationId
    channel: ChannelName
    attempts: int = 0
    traceparent: str | None = None


class SafeRedisBroker(RedisBroker):
    """Dramatiq's own, but for messages that wait, and for what it says of those that come again.

    When the connection to Redis breaks, a worker forgets the delayed messages it held, and
    while it lives nobody else may take them (Bogdanp/dramatiq#527): so whoever begins to
    consume a delay queue first gives back what it took before.
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        if queue_name.endswith(".DQ"):
            held: Any = self.client.smembers(
                f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
            )
            if held:
                self.do_requeue(queue_name, *(one.decode() for one in held))
        return super().consume(queue_name, prefetch, timeout)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> Any:
        # The library adds what went wrong, which might quote what is in the log alone.
        message.options.pop("traceback", None)
        return super().enqueue(message, delay=delay)


def traceparent_of_message() -> str | None:
    """Return the trace of the message this thread deals with, as whoever put it there said."""
    message = CurrentMessage.get_current_message()
    return message.options.get(TRACEPARENT) if message else None


def redis_client(url: str, *, database: int) -> Redis:
    """Return a client for threads of a database of its own: maintenance looks at all its keys."""
    pool = ConnectionPool.from_url(url)
    pool.connection_kwargs["db"] = database
    return Redis(connection_pool=pool)


class DeliveryQueue:
    """Puts ids there. `memory` is for how long what was put is not put again by a sweep."""

    def __init__(self, client: Redis, *, memory: timedelta) -> None:
        self.client = client
        # A dead worker's messages are found within seconds, not minutes.
        self.broker = SafeRedisBroker(  # type: ignore[no-untyped-call]
            client=client,
            middleware=[CurrentMessage(), RETRIES],
            namespace=NAMESPACE,
            maintenance_chance=200_000,
            heartbeat_timeout=20_000,
        )
        for name in QUEUES:
            self.broker.declare_queue(name)
        self._memory = memory

    def enqueue(self, parcels: Iterable[QueueItem], *, delay: timedelta | None = None) -> None:
        """Raises redis.RedisError: some of them may be there, and some not."""
        for parcel in parcels:
            message: dramatiq.Message[None] = dramatiq.Message(
                queue_name=parcel.channel,
                actor_name=ACTOR,
                args=(str(parcel.id),),
                kwargs={},
                options={TRACEPARENT: parcel.traceparent} if parcel.traceparent else {},
            )
            wait = None if delay is None else max(1, round(delay.total_seconds() * 1000))
            self.broker.enqueue(message, delay=wait)
            # Afterwards: a mark without a message would keep the sweeper away.
            lasts = self._memory + (delay or timedelta())
            self.client.set(_mark(parcel), 1, ex=round(lasts.total_seconds()) + 1)

    def not_enqueued(self, parcels: Sequence[QueueItem]) -> list[QueueItem]:
        """Return those of which nothing is known here: never put, long ago, or lost."""
        if not parcels:
            return []
        marks: list[bytes | None] = self.client.mget([_mark(parcel) for parcel in parcels])  # type: ignore[assignment]
        return [parcel for parcel, mark in zip(parcels, marks, strict=True) if mark is None]


def _mark(parcel: QueueItem) -> str:
    # In a database of our own but beside the broker's keys, so both are lost together.
    return f"queued:{parcel.id}:{parcel.attempts}"
