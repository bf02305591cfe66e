"""Looking after the relay: its topics, its status, and sending a stretch of the log again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from application.ports.startup import BadSetting
from domain.events.identity.accounts import AccountRegistered
from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from infrastructure.config.settings import Settings
from infrastructure.following.checkpoints import applied
from infrastructure.following.dead_events import dead_events
from infrastructure.relaying.producer import KafkaConfig
from infrastructure.relaying.relay import READER
from infrastructure.relaying.topics import TopicAdmin
from infrastructure.wiring.relay_admin import KafkaUnavailable, RelayAdmin
from projections.publishing.public_events import KafkaTopic
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA, TASK, history, recorded
from tests.support.kafka.brokers import Broker
from tests.support.kafka.consumer import Received
from tests.support.kafka.relay import (
    on_topics,
    published,
    relay_settings,
    relayed,
    relaying,
    topic_names,
)
from tests.support.poison import insert

PAY = TaskCreated(owner=ADA, title="Pay")
NOWHERE = "127.0.0.1:1"


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as opened:
        yield opened


async def test_topics_are_created_once_and_as_the_settings_say(
    database_url: str, kafka: Broker
) -> None:
    settings = relay_settings(
        database_url, kafka, kafka_partitions=2, kafka_replication=1, kafka_retention_days=2
    )
    care = RelayAdmin(settings)
    made, states = await care.create_topics()
    assert sorted(made) == sorted(topic_names(settings).values())
    assert [state for state in states if state.wrong or not state.exists] == []
    made, states = await care.create_topics()
    assert made == []
    assert all(state.exists for state in states)


async def test_topics_that_are_otherwise_are_named_with_what_is_otherwise(
    database_url: str, kafka: Broker
) -> None:
    one_size = {"kafka_topic_partitions": (), "kafka_topic_retention_days": ()}
    made = relay_settings(
        database_url, kafka, kafka_partitions=3, kafka_retention_days=2, **one_size
    )
    await RelayAdmin(made).create_topics()
    wanted = relay_settings(
        database_url, kafka, kafka_topics=made.kafka.topics, kafka_retention_days=0, **one_size
    )
    _, states = await RelayAdmin(wanted).create_topics()
    for state in states:
        assert state.wrong == ["3 partitions, not 6", "retention.ms 172800000, not -1"]


async def test_missing_topics_are_told(database_url: str, kafka: Broker) -> None:
    settings = relay_settings(database_url, kafka)
    states = await asyncio.to_thread(TopicAdmin(KafkaConfig.of(settings)).compare)
    assert {state.name for state in states} == set(topic_names(settings).values())
    assert not any(state.exists for state in states)


async def test_a_broker_that_does_not_answer_is_one_sentence(database_url: str) -> None:
    care = RelayAdmin(Settings.of(database_url=database_url, kafka_bootstrap_servers=NOWHERE))
    with pytest.raises(KafkaUnavailable, match=r"^Kafka does not answer: .*127\.0\.0\.1:1"):
        await care.create_topics()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ANNALS_KAFKA_TOPICS", "tasks=mine"),
        ("ANNALS_KAFKA_TOPIC_PARTITIONS", "tasks=3"),
        ("ANNALS_KAFKA_TOPIC_RETENTION_DAYS", "tasks=3"),
    ],
)
def test_an_unknown_topic_is_refused(variable: str, text: str) -> None:
    settings = Settings.from_environment(
        {"ANNALS_KAFKA_BOOTSTRAP_SERVERS": NOWHERE, variable: text}
    )
    with pytest.raises(BadSetting, match=f"{variable} names 'tasks'"):
        KafkaConfig.of(settings)


async def test_a_topic_may_differ_from_the_others(database_url: str, kafka: Broker) -> None:
    settings = relay_settings(database_url, kafka)
    _, states = await RelayAdmin(settings).create_topics()
    assert not any(state.wrong for state in states)
    # The same topics, compared with settings that treat all alike.
    alike = relay_settings(
        database_url,
        kafka,
        kafka_topics=settings.kafka.topics,
        kafka_topic_partitions=(),
        kafka_topic_retention_days=(),
    )
    _, states = await RelayAdmin(alike).create_topics()
    wrong = {state.name: state.wrong for state in states if state.wrong}
    assert wrong == {
        topic_names(settings)[KafkaTopic.REMINDERS]: [
            "3 partitions, not 6",
            "retention.ms 86400000, not 604800000",
        ]
    }


async def test_the_status_tells_how_far_behind_the_relay_is(log: Log) -> None:
    care = RelayAdmin(Settings.of(database_url=log.url))
    assert (await care.status(observe=0.01)).lag_events == 0
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await log.append(*history(PAY, TaskUpdated(title="Pay now"), TaskCompleted(), at=hour_ago))
    status = await care.status(observe=0.01)
    assert (status.position, status.end, status.lag_events) == (0, 3, 3)
    assert 3600 <= status.lag_seconds < 4200
    assert not status.active


async def test_the_status_tells_that_a_relay_is_running_and_how_fast(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    care = RelayAdmin(settings)
    async with relaying(settings):
        await log.happened(PAY)
        await relayed(log)
        writing = asyncio.create_task(write_on(log))
        try:
            async with asyncio.timeout(60):
                while (busy := await care.status(observe=0.5)).throughput == 0:
                    pass
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        await relayed(log)
        idle = await care.status(observe=0.01)
    assert busy.active
    assert busy.throughput > 0
    assert idle.active
    assert idle.position == idle.end
    assert (idle.lag_events, idle.lag_seconds) == (0, 0)


async def test_a_replay_sends_a_stretch_again_to_a_topic_of_its_own(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    await log.happened(PAY, TaskUpdated(title="Pay now"), TaskCompleted())
    await log.happened(AccountRegistered(email="ada@annals.example", name="Ada"), stream=ADA)
    async with relaying(settings):
        first = await published(settings, 4)
        await relayed(log)
    found = await RelayAdmin(settings).replay(start=2, end=3, topic=spare(settings))
    assert (found.sent, found.dead) == (2, [])
    again = await on_topics(settings, spare(settings), count=2)
    assert described(again) == described([m for m in first if m.position in (2, 3)])
    assert await applied(log.connection, READER) == 4


async def test_a_replay_sends_only_the_types_asked_for(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    await RelayAdmin(settings).create_topics()
    await log.happened(PAY, TaskUpdated(title="Pay now"), TaskCompleted())
    care = RelayAdmin(settings)
    found = await care.replay(start=1, topic=spare(settings), types=["task.completed"])
    assert found.sent == 1
    [completed] = await on_topics(settings, spare(settings), count=1)
    assert completed.ce["type"] == "task.completed"
    with pytest.raises(BadSetting, match=r"No event has the type 'task\.sung'"):
        await care.replay(start=1, types=["task.sung"])


async def test_a_replay_without_a_topic_repairs_each_events_own(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    await RelayAdmin(settings).create_topics()
    await log.happened(PAY)
    await log.happened(AccountRegistered(email="ada@annals.example", name="Ada"), stream=ADA)
    assert (await RelayAdmin(settings).replay(start=1)).sent == 2
    found = await published(settings, 2)
    names = topic_names(settings)
    assert {m.topic for m in found} == {names[KafkaTopic.TASKS], names[KafkaTopic.ACCOUNTS]}


async def test_a_replay_tells_what_it_could_not_announce(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka)
    await RelayAdmin(settings).create_topics()
    await log.happened(PAY)
    # A task whose beginning cannot be read, so that nobody knows whose it is.
    insert(log.url, ("task.created", b'{"event": {"type": "x"}}'), stream=TASK)
    await log.append(recorded(TaskCompleted(), version=2))
    found = await RelayAdmin(settings).replay(start=1)
    assert (found.sent, found.dead) == (1, [2, 3])


async def test_what_was_set_aside_is_sent_by_a_replay_and_set_aside_no_more(
    log: Log, kafka: Broker
) -> None:
    settings = relay_settings(log.url, kafka)
    options = (("message.max.bytes", "4000"), ("batch.size", "4000"))
    narrow = replace(settings, kafka=replace(settings.kafka, options=options))
    await log.happened(PAY)
    await log.happened(TaskCreated(owner=ADA, title="Pay", description="x" * 10_000))
    async with relaying(narrow):
        await relayed(log)
    care = RelayAdmin(settings)
    await care.replay(start=1, topic=spare(settings))  # for somebody else
    assert [dead.position for dead in await dead_events(log.connection, view=READER)] == [2]
    assert (await care.replay(start=2, end=2)).sent == 1
    assert await dead_events(log.connection, view=READER) == []
    found = await on_topics(settings, topic_names(settings)[KafkaTopic.TASKS], count=2)
    assert [message.position for message in found] == [1, 2]


async def write_on(log: Log) -> None:
    """Record one task after the other until it is cancelled."""
    while True:
        await log.happened(PAY, TaskCompleted())


def spare(settings: Settings) -> str:
    """A topic for dead letters that has none, and so does for anything."""
    return topic_names(settings)[KafkaTopic.DEAD_LETTERS]


def described(messages: Sequence[Received]) -> list[object]:
    return [(m.key, m.ce, m.data) for m in sorted(messages, key=lambda m: m.position)]
