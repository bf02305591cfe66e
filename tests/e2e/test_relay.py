"""Real processes, real brokers: nothing is lost, nothing changes its order, whatever is killed."""

import asyncio
import random
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL, SIGTERM
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.events import TaskCompleted, TaskCreated, TaskReopened, TaskUpdated
from domain.vocabulary import AccountId
from infrastructure.positions import applied
from infrastructure.relay import BATCH, READER
from infrastructure.settings import Settings
from tests.facts import history
from tests.kafka.brokers import Broker
from tests.kafka.consuming import first_of_each, positions_by_key
from tests.kafka.relaying import published, relay_settings, relayed
from tests.log import Log, open_log, until
from tests.tree import ANNALS, annals, environment

EVENTS = 20_000


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as opened:
        yield opened


async def test_kills_of_relay_and_broker_lose_nothing_and_keep_the_order(
    log: Log, own_kafka: Broker, tmp_path: Path
) -> None:
    settings = relay_settings(log.url, own_kafka, kafka_patience_seconds=5)
    writing = asyncio.create_task(write(log, EVENTS))
    relay = spawn(settings, tmp_path)
    for round_ in range(5):
        await progress(log, tmp_path)
        relay.send_signal(SIGKILL)
        relay.wait()
        relay = spawn(settings, tmp_path)
        # The embedded broker would forget what it acknowledged.
        if own_kafka.keeps and round_ < 3:
            await progress(log, tmp_path)
            own_kafka.kill()
            await asyncio.to_thread(own_kafka.start)
    owners = await writing
    try:
        await relayed(log, within=120)
    finally:
        relay.send_signal(SIGTERM)
        relay.wait(timeout=10)

    expected = defaultdict(list)
    ids = {}
    cursor = await log.connection.execute(
        "SELECT notification_id, originator_id, originator_version FROM stored_events ORDER BY 1"
    )
    for position, stream, version in await cursor.fetchall():
        expected[str(owners[stream])].append(position)
        ids[f"{stream}:{version}"] = position
    assert len(ids) >= EVENTS

    found = await published(settings, len(ids), within=60)
    while len({message.ce["id"] for message in found}) < len(ids):
        found = await published(settings, len(found) + 1, within=60)
    first = first_of_each(found)
    assert {message.ce["id"]: message.position for message in first} == ids
    by_key = {key: positions for (_, key), positions in positions_by_key(first).items()}
    assert by_key == expected
    # Each kill sends at most one batch again, and a copy is a copy in everything.
    assert len(found) - len(first) <= 8 * 2 * BATCH
    originals = {message.ce["id"]: message for message in first}
    for message in found:
        original = originals[message.ce["id"]]
        assert (message.ce, message.data, message.key) == (
            original.ce,
            original.data,
            original.key,
        )


async def test_the_relay_is_out_of_the_way_while_kafka_is(
    log: Log, own_kafka: Broker, tmp_path: Path
) -> None:
    settings = relay_settings(log.url, own_kafka)
    own_kafka.kill()
    with relay_process(settings, tmp_path) as relay:
        wait_for(lambda: "Kafka takes no events" in said(tmp_path), tmp_path)
        owners = await write(log, 2_000)
        status = annals("relay", "status", "--json", **variables(settings))
        found = msgspec.json.decode(status.stdout)
        assert (found["position"], found["lag_events"]) == (0, len(owners) * 4)
        assert found["active"]
        assert found["lag_seconds"] > 0
        await asyncio.to_thread(own_kafka.start)
        await relayed(log, within=60)
        assert relay.poll() is None
    found_messages = await published(settings, len(owners) * 4)
    for positions in positions_by_key(found_messages).values():
        assert positions == sorted(positions)


def test_a_relay_that_waits_for_kafka_ends_at_once_when_told_to(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, kafka_bootstrap_servers="127.0.0.1:1")
    with relay_process(settings, tmp_path) as relay:
        wait_for(lambda: "Kafka takes no events" in said(tmp_path), tmp_path)
        began = time.monotonic()
        relay.send_signal(SIGTERM)
        assert relay.wait(timeout=10) == 0
        assert time.monotonic() - began < 3
    assert "127.0.0.1:1" in said(tmp_path)
    assert "Traceback" not in said(tmp_path)


async def test_the_command_line_creates_topics_and_replays(log: Log, kafka: Broker) -> None:
    settings = relay_settings(log.url, kafka, kafka_create_topics=False)
    given = variables(settings)
    created = annals("relay", "--create-topics", **given)
    assert created.returncode == 0, created.stderr
    assert created.stdout.count(" created") == 6
    again = annals("relay", "--create-topics", **given)
    assert again.stdout.count(" as set") == 6
    other = annals("relay", "--create-topics", **given | {"kafka_partitions": "7"})
    assert other.returncode == 1
    assert other.stdout.count("6 partitions, not 7") == 6
    await write(log, 8)
    replayed = annals("relay", "replay", "--from", "1", "--to", "4", **given)
    assert (replayed.returncode, replayed.stdout) == (0, "4 sent\n")
    assert len(await published(settings, 4)) == 4
    status = annals("relay", "status", **given)
    assert "lag              8 events" in status.stdout, status.stdout


def test_kafka_away_is_one_sentence(database_url: str) -> None:
    refused = annals(
        "relay",
        "--create-topics",
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("annals: Kafka does not answer: 127.0.0.1:1")
    assert refused.stderr.count("\n") == 1


async def write(log: Log, events: int) -> dict[UUID, AccountId]:
    """Record so many events of 200 accounts, from several hands; return whose stream is whose."""
    chance = random.Random(7)
    accounts = [AccountId(uuid4()) for _ in range(200)]
    owners: dict[UUID, AccountId] = {}

    async def hand() -> None:
        while len(owners) * 4 < events:
            stream, owner = uuid4(), chance.choice(accounts)
            owners[stream] = owner
            facts = history(
                TaskCreated(owner=owner, title="Pay"),
                TaskUpdated(title="Pay now"),
                TaskCompleted(),
                TaskReopened(),
                stream=stream,
                at=datetime.now(UTC),
            )
            await log.append(*facts[:2])
            await log.append(*facts[2:])
            await asyncio.sleep(0.01)  # so that the writing outlasts a few kills

    await asyncio.gather(*(hand() for _ in range(4)))
    return owners


async def progress(log: Log, folder: Path) -> None:
    """Return once the relay has come further than it is, or has nothing more to do."""
    before = await applied(log.connection, READER)

    async def there() -> bool:
        position = await applied(log.connection, READER)
        return position > before or (before > 0 and position == await log.end())

    try:
        await until(there, within=60)
    except AssertionError as error:
        raise AssertionError(said(folder)) from error


def variables(settings: Settings) -> dict[str, str]:
    """The settings as a process gets them."""
    return {
        "database_url": settings.require("database_url"),
        "kafka_bootstrap_servers": settings.require("kafka_bootstrap_servers"),
        "kafka_topics": ",".join(f"{topic}={name}" for topic, name in settings.kafka_topics),
        "kafka_create_topics": "yes" if settings.kafka_create_topics else "no",
        "kafka_patience_seconds": str(settings.kafka_patience_seconds),
    }


def spawn(settings: Settings, folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "relay.log").open("ab") as output:
        return subprocess.Popen(
            [*ANNALS, "relay"],
            env=environment(**variables(settings)),
            stdout=output,
            stderr=output,
        )


@contextmanager
def relay_process(settings: Settings, folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    relay = spawn(settings, folder)
    try:
        yield relay
    finally:
        relay.kill()
        relay.wait()


def said(folder: Path) -> str:
    return (folder / "relay.log").read_text()


def wait_for(true: Callable[[], bool], folder: Path, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, said(folder)
        time.sleep(0.02)
