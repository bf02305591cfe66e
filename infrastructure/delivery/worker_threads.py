"""Runs the threads that take notifications from the queue, for each channel its own."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import dramatiq

from infrastructure.delivery.queue import ACTOR, QUEUES, DeliveryQueue

THREAD_WAIT_MS = 1_000  # milliseconds after which a thread without work looks whether to stop
STOP_TIMEOUT_MS = 8_000  # milliseconds that a delivery in progress may take


class WorkerThreads:
    """One dramatiq worker for each channel, so that a slow channel holds up no other."""

    def __init__(self, queue: DeliveryQueue, deliver: Callable[..., Any], *, threads: int) -> None:
        """Start the workers, with so many `threads` each, that call `deliver`."""
        dramatiq.Actor(
            deliver,
            broker=queue.broker,
            actor_name=ACTOR,
            queue_name=QUEUES[0],
            priority=0,
            options={},
        )
        # Each worker adds its own middleware, and the broker would warn that the types repeat.
        queue.broker.logger.setLevel(logging.ERROR)
        self._workers = [
            dramatiq.Worker(
                queue.broker,
                queues={name},
                worker_timeout=THREAD_WAIT_MS,
                worker_threads=threads,
            )
            for name in QUEUES
        ]
        for worker in self._workers:
            worker.start()
        queue.broker.logger.setLevel(logging.NOTSET)

    async def stop(self) -> None:
        """Wait for deliveries in progress: they still need this loop to record their outcome."""
        await asyncio.gather(*(asyncio.to_thread(_stop, worker) for worker in self._workers))


def _stop(worker: dramatiq.Worker) -> None:
    # Between looks into its queue a consumer sleeps: it ends beside the deliveries, not after them.
    for consumer in worker.consumers.values():
        consumer.stop()
    worker.stop(timeout=STOP_TIMEOUT_MS)
