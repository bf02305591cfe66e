"""A relay inside the test, and what it has published."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from infrastructure.config.settings import Settings
from infrastructure.following.checkpoints import applied
from infrastructure.relaying.relay import READER
from infrastructure.wiring.relay_admin import RelayAdmin
from projections.publishing.public_events import KafkaTopic
from tests.support.event_log import Log
from tests.support.kafka.brokers import Broker
from tests.support.kafka.consumer import Reading, Received
from tests.support.waiting import until


def relay_settings(database_url: str, kafka: Broker, **more: Any) -> Settings:
    """Settings with topics that no other test uses."""
    prefix = uuid4().hex[:8]
    given: dict[str, Any] = {
        "kafka_topics": tuple((str(topic), f"{prefix}.{topic}") for topic in KafkaTopic),
        "kafka_create_topics": True,
    } | more
    return Settings.of(
        database_url=database_url, kafka_bootstrap_servers=kafka.bootstrap_servers, **given
    )


def topic_names(settings: Settings) -> dict[KafkaTopic, str]:
    return {KafkaTopic(topic): name for topic, name in settings.kafka.topics}


@asynccontextmanager
async def relaying(settings: Settings) -> AsyncIterator[None]:
    """A relay runs inside the block."""
    runner = asyncio.create_task(RelayAdmin(settings).run())
    try:
        yield
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)


async def relayed(log: Log, *, within: float = 30.0) -> None:
    """Return once the relay stands at the end of the log."""
    end = await log.end()

    async def there() -> bool:
        return await applied(log.connection, READER) >= end

    await until(there, within=within)


async def published(settings: Settings, count: int, *, within: float = 30.0) -> Sequence[Received]:
    """Return what is on all topics once there are so many messages."""
    return await on_topics(settings, *topic_names(settings).values(), count=count, within=within)


async def on_topics(
    settings: Settings, *names: str, count: int, within: float = 30.0
) -> Sequence[Received]:
    def read() -> Sequence[Received]:
        reading = Reading(settings.kafka.bootstrap_servers_or_fail, names)
        try:
            return reading.until(lambda messages: len(messages) >= count, within=within)
        finally:
            reading.close()

    return await asyncio.to_thread(read)
