"""The relay takes the log to Kafka: all of it, in order, and nothing that is private."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest
from confluent_kafka import Producer
from psycopg import AsyncConnection

from domain.events.identity.accounts import AccountRegistered, EmailClaimed
from domain.events.requests import RequestAnswered
from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from domain.vocabulary import AccountId
from infrastructure.config.settings import Settings
from infrastructure.following.checkpoints import applied
from infrastructure.following.dead_events import dead_events
from infrastructure.relaying.producer import KafkaConfig, KafkaProducer
from infrastructure.relaying.relay import READER
from infrastructure.relaying.status import RelayStatus
from infrastructure.wiring.operations import open_operations
from infrastructure.wiring.relay_admin import RelayAdmin
from projections.catalogue import VIEWS
from projections.publishing.cloud_event import attributes
from projections.publishing.cloud_events import to_cloud_event
from projections.publishing.public_events import UNPUBLISHABLE, KafkaTopic
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA, BOB, TASK, history, recorded
from tests.support.kafka.brokers import Broker
from tests.support.kafka.consumer import first_of_each, positions_by_key
from tests.support.kafka.relay import published, relay_settings, relayed, relaying, topic_names
from tests.support.waiting import until

PAY = TaskCreated(owner=ADA, title="Pay")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as opened:
        yield opened


async def test_every_event_arrives_as_it_is_announced(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    task = await log.happened(PAY, TaskUpdated(title="Pay now"), TaskCompleted())
    async with relaying(settings):
        found = await published(settings, 3)
    facts = history(PAY, TaskUpdated(title="Pay now"), TaskCompleted(), stream=task)
    for position, (fact, message) in enumerate(zip(facts, found, strict=True), start=1):
        event = to_cloud_event(msgspec.structs.replace(fact, position=position), ADA)
        assert event is not None
        assert message.ce == dict(attributes(event))
        assert message.data == msgspec.json.decode(event.data)
        assert message.key == str(ADA)
        assert message.topic == topic_names(settings)[KafkaTopic.TASKS]


async def test_an_event_recorded_while_the_relay_runs_is_sent(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    async with relaying(settings):
        await relayed(log)
        await log.happened(PAY)
        await published(settings, 1)
        await relayed(log)


async def test_the_events_of_one_account_stay_in_order(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    owners = [AccountId(uuid4()) for _ in range(20)]
    for round_ in range(5):
        for owner in owners:
            created = TaskCreated(owner=owner, title=f"Round {round_}")
            await log.happened(created, TaskUpdated(title="Other"), TaskCompleted())
    async with relaying(settings):
        found = await published(settings, 300)
    by_key = positions_by_key(found)
    assert len(by_key) == 20
    assert all(positions == sorted(positions) for positions in by_key.values())
    assert len({message.ce["id"] for message in found}) == 300


async def test_a_java_consumer_would_expect_the_key_in_that_partition(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    for number in range(30):  # which are known to have all partitions between them
        await log.happened(TaskCreated(owner=AccountId(UUID(int=number)), title="Pay"))
    async with relaying(settings):
        found = await published(settings, 30)
    assert {message.partition for message in found} == set(range(6))
    for message in found:
        assert message.partition == (murmur2(message.key.encode()) & 0x7FFFFFFF) % 6


async def test_private_facts_stay_in_the_house(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    await log.happened(EmailClaimed(account_id=ADA))
    await log.happened(AccountRegistered(email="byron@annals.example", name="Byron"), stream=ADA)
    await log.happened(RequestAnswered(fingerprint="f", subject=TASK, version=1))
    await log.happened(PAY)
    async with relaying(settings):
        await relayed(log)
        found = await published(settings, 2)
    assert sorted(message.ce["type"] for message in found) == ["account.registered", "task.created"]
    assert "byron" not in str(found).lower()


async def test_an_unreadable_event_is_set_aside_and_the_rest_goes_on(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    await log.happened(PAY)
    stream = uuid4()
    await write_raw(log.connection, stream, 1, "task.sung", b'{"event": {"type": "task.sung"}}')
    await log.happened(TaskCreated(owner=BOB, title="Cook"))
    async with relaying(settings):
        found = await published(settings, 3)
        await relayed(log)
    assert sorted(m.ce["type"] for m in found) == [UNPUBLISHABLE, "task.created", "task.created"]
    dead = next(message for message in found if message.ce["type"] == UNPUBLISHABLE)
    assert dead.topic == topic_names(settings)[KafkaTopic.DEAD_LETTERS]
    assert dead.data | {"error": ""} == {
        "position": 2,
        "stream": str(stream),
        "version": 1,
        "topic": "task.sung",
        "error": "",
    }
    [kept] = await dead_events(log.connection, view=READER)
    assert (kept.position, kept.stream, kept.topic) == (2, stream, "task.sung")
    assert kept.error.startswith(dead.data["error"][:50])


async def test_an_event_whose_owner_cannot_be_read_any_more_is_set_aside(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    stream = uuid4()
    await write_raw(log.connection, stream, 1, "task.created", b'{"event": {"type": "x"}}')
    await log.append(recorded(TaskCompleted(), version=2, stream=stream))
    async with relaying(settings):
        found = await published(settings, 2)
        await relayed(log)
    assert [message.ce["type"] for message in found] == [UNPUBLISHABLE, UNPUBLISHABLE]
    first, second = await dead_events(log.connection, view=READER)
    assert "the owner of the event is unknown" in second.error
    assert first.position < second.position


async def test_an_event_too_large_for_kafka_is_set_aside_and_the_rest_goes_on(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(
        log.url, kafka, kafka_options=(("message.max.bytes", "4000"), ("batch.size", "4000"))
    )
    await log.happened(PAY)
    await log.happened(TaskCreated(owner=ADA, title="Pay", description="x" * 10_000))
    await log.happened(PAY)
    async with relaying(settings):
        await relayed(log)
        found = first_of_each(await published(settings, 3))
    assert [m.position for m in found if m.ce["type"] == "task.created"] == [1, 3]
    assert [m.position for m in found if m.ce["type"] == UNPUBLISHABLE] == [2]
    [kept] = await dead_events(log.connection, view=READER)
    assert kept.position == 2


async def test_the_owner_is_known_after_a_restart_in_the_middle_of_a_stream(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    task = await log.happened(TaskCreated(owner=BOB, title="Cook"))
    async with relaying(settings):
        await relayed(log)
    await log.append(recorded(TaskCompleted(), version=2, stream=task))
    async with relaying(settings):
        found = await published(settings, 2)
    assert [(m.ce["type"], m.key) for m in found] == [
        ("task.created", str(BOB)),
        ("task.completed", str(BOB)),
    ]


async def test_a_second_relay_stands_by_and_takes_over(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    async with relaying(settings):
        async with relaying(settings):
            await log.happened(PAY)
            await relayed(log)
        await log.happened(PAY)
        await relayed(log)
        found = await published(settings, 2)
    assert [message.position for message in found] == [1, 2]


async def test_a_rebuild_of_the_views_publishes_nothing(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    await log.happened(PAY, TaskCompleted())
    async with relaying(settings):
        await relayed(log)
        async with open_operations(settings) as care:
            for view in VIEWS:
                await care.rebuild(view.name, workers=1, progress=lambda *_: None)
        assert await applied(log.connection, READER) == 2
        # Same account, same partition: whatever the rebuilds had sent would come before this.
        await log.happened(PAY)
        found = await published(settings, 3)
    assert [message.position for message in found] == [1, 2, 3]


async def test_the_position_moves_only_after_kafka_has_acknowledged(
    log: Log, own_kafka: Broker
) -> None:
    settings = relay_settings(log.url, own_kafka, kafka_patience_seconds=2)
    async with relaying(settings):
        await log.happened(PAY)
        await relayed(log)  # it has a connection to lose
        own_kafka.kill()
        await log.append(*history(PAY, TaskUpdated(title="Pay now"), at=datetime.now(UTC)))
        # Longer than it waits for one batch: it has read these, and given up on them.
        status = await lagging(settings, seconds=5)
        assert (status.position, status.lag_events) == (1, 2)
        await asyncio.to_thread(own_kafka.start)
        await relayed(log, within=60)
        kept = 3 if own_kafka.keeps else 2
        found = first_of_each(await published(settings, kept))
    assert [message.position for message in found][-2:] == [2, 3]


async def test_the_first_start_may_come_before_the_brokers(log: Log, own_kafka: Broker) -> None:
    settings = relay_settings(log.url, own_kafka)
    own_kafka.kill()
    await log.happened(PAY)
    async with relaying(settings):
        await asyncio.to_thread(own_kafka.start)
        await relayed(log, within=60)
        assert len(await published(settings, 1)) == 1


async def test_missing_topics_are_waited_for_when_they_are_not_to_be_created(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka, kafka_create_topics=False)
    await log.happened(PAY)
    async with relaying(settings):
        made, _ = await RelayAdmin(settings).create_topics()
        assert sorted(made) == sorted(topic_names(settings).values())
        assert len(await published(settings, 1)) == 1


def test_the_client_accepts_every_option_of_the_publisher() -> None:
    publisher = KafkaProducer(KafkaConfig(bootstrap_servers="127.0.0.1:1", names={}))
    assert isinstance(publisher._producer, Producer)
    publisher.close()


async def lagging(settings: Settings, *, seconds: float) -> RelayStatus:
    """Return the status once the oldest event has waited for so long."""
    care = RelayAdmin(settings)

    async def there() -> bool:
        return (await care.status(observe=0.1)).lag_seconds >= seconds

    await until(there, within=12 * seconds)
    return await care.status(observe=0.1)


async def write_raw(
    connection: AsyncConnection, stream: UUID, version: int, topic: str, state: bytes
) -> None:
    await connection.execute(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        " VALUES (%s, %s, %s, %s)",
        (stream, version, topic, state),
    )


def murmur2(data: bytes) -> int:
    """The hash of Kafka's Java client, after org.apache.kafka.common.utils.Utils."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        k = int.from_bytes(data[start : start + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    for place, byte in enumerate(data[whole:]):
        h ^= byte << 8 * place
    if data[whole:]:
        h = h * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15
