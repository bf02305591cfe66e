"""The queue may break, restart and lose its data: no notification is lost."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event
from uuid import uuid4

import dramatiq
import pytest

from application.ports.unavailable import Unavailable
from domain.vocabulary import ChannelName, NotificationId
from infrastructure.delivery.queue import ACTOR, DeliveryQueue, QueueItem, redis_client
from infrastructure.development.embedded.valkey import EmbeddedValkey
from tests.support.servers.databases import scratch

MARK_LIFE = timedelta(seconds=30)


def item() -> QueueItem:
    return QueueItem(id=NotificationId(uuid4()), channel=ChannelName.EMAIL)


class Delivered:
    """A worker that writes down what it is given, and fails the first `fail_first` times."""

    def __init__(self, queue: DeliveryQueue, *, fail_first: int = 0) -> None:
        self.ids: list[str] = []
        self.failures: list[str] = []
        self._fail_first = fail_first
        self._came = Event()
        dramatiq.Actor(
            self._deliver,
            broker=queue.broker,
            actor_name=ACTOR,
            queue_name="email",
            priority=0,
            options={},
        )
        self.worker = dramatiq.Worker(queue.broker, worker_timeout=50, worker_threads=2)

    def _deliver(self, name: str) -> None:
        if len(self.failures) < self._fail_first:
            self.failures.append(name)
            raise Unavailable("The database, which said: ada@annals.example")
        self.ids.append(name)
        self._came.set()

    def wait(self, seconds: float) -> None:
        assert self._came.wait(seconds), "nothing came"


@pytest.fixture
def queue(redis_url: str) -> Iterator[DeliveryQueue]:
    client = redis_client(redis_url, database=1)
    yield DeliveryQueue(client, mark_life=MARK_LIFE)
    client.close()


def test_only_the_id_lies_in_the_queue(queue: DeliveryQueue) -> None:
    one = item()
    queue.enqueue([one])
    delivered = Delivered(queue)
    delivered.worker.start()
    try:
        delivered.wait(10)
    finally:
        delivered.worker.stop()
    assert delivered.ids == [str(one.id)]


def test_what_was_put_is_not_missing_until_redis_forgets(queue: DeliveryQueue) -> None:
    known, unknown = item(), item()
    queue.enqueue([known])
    assert queue.not_enqueued([known, unknown]) == [unknown]
    queue.client.flushall()
    assert queue.not_enqueued([known, unknown]) == [known, unknown]
    assert queue.not_enqueued([]) == []


def test_another_attempt_is_another_item(queue: DeliveryQueue) -> None:
    one = item()
    queue.enqueue([one])
    again = QueueItem(id=one.id, channel=one.channel, attempts=1)
    assert queue.not_enqueued([again]) == [again]


def test_a_message_whose_worker_failed_is_retried_soon(queue: DeliveryQueue) -> None:
    one = item()
    queue.enqueue([one])
    delivered = Delivered(queue, fail_first=2)
    delivered.worker.start()
    try:
        waiting = _until(lambda: queue.client.hvals("annals:email.DQ.msgs"))
        assert str(one.id) in str(waiting)
        assert "ada@" not in str(waiting)
        delivered.wait(10)
    finally:
        delivered.worker.stop()
    assert (delivered.failures, delivered.ids) == ([str(one.id)] * 2, [str(one.id)])


def test_what_waits_outlives_a_restart_of_redis_under_a_living_worker() -> None:
    with scratch() as folder:
        valkey = EmbeddedValkey(folder / "valkey")
        process = valkey.server.spawn()
        _wait_for(valkey)
        queue = DeliveryQueue(redis_client(valkey.url, database=1), mark_life=MARK_LIFE)
        delivered = Delivered(queue)
        delivered.worker.start()
        try:
            queue.enqueue([item()], delay=timedelta(seconds=4))
            _until_taken(queue)
            process.terminate()
            process.wait(10)
            process = valkey.server.spawn()
            _wait_for(valkey)
            delivered.wait(20)
        finally:
            delivered.worker.stop()
            process.kill()
            process.wait(10)


def _wait_for(valkey: EmbeddedValkey) -> None:
    asyncio.run(valkey.ready())


def _until_taken(queue: DeliveryQueue) -> None:
    """Wait until the worker holds the delayed message in its memory."""
    pattern = f"annals:__acks__.{queue.broker.broker_id}.email.DQ"
    _until(lambda: queue.client.smembers(pattern))


def _until(look: Callable[[], object]) -> object:
    """Look until there is something, and return it."""
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline, "the worker took nothing"
        time.sleep(0.02)
    return found
