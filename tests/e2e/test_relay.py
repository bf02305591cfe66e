"""Real processes, real brokers: nothing is lost, nothing changes its order, whatever is killed."""

import asyncio
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL, SIGTERM
from uuid import uuid4

import msgspec
import pytest

from domain.events.tasks import TaskCompleted, TaskCreated, TaskReopened, TaskUpdated
from domain.vocabulary import AccountId
from infrastructure.config.settings import Settings
from infrastructure.following.checkpoints import applied
from infrastructure.relaying.relay import BATCH_EVENTS, READER
from projections.publishing.public_events import PUBLIC_EVENTS, KafkaTopic
from tests.support.clients.load_client import connect, request
from tests.support.event_log import Log, open_log
from tests.support.facts import history
from tests.support.kafka.brokers import Broker
from tests.support.kafka.consumer import first_of_each, positions_by_key
from tests.support.kafka.relay import published, relay_settings, relayed, topic_names
from tests.support.processes.dev_process import ANNALS, annals, environment
from tests.support.processes.serve_processes import serving
from tests.support.waiting import until

COMMANDS, ROUNDS = 20_000, 5


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as opened:
        yield opened


@pytest.mark.timeout(280)
async def test_kills_of_relay_and_broker_under_20000_commands_lose_nothing_and_keep_the_order(
    log: Log, own_kafka: Broker, tmp_path: Path
) -> None:
    settings = relay_settings(log.url, own_kafka, kafka_patience_seconds=5)
    acknowledged: set[str] = set()
    kills = 0
    with serving(log.url, tmp_path, processes=2) as api:
        tokens = [api.sign_in(f"reader{number}@annals.example") for number in range(24)]
        relay = spawn(settings, tmp_path)
        for round_ in range(ROUNDS):
            commanding = asyncio.create_task(command(api.port, tokens, COMMANDS // ROUNDS))
            await progress(log, tmp_path)
            relay.send_signal(SIGKILL)
            relay.wait()
            relay = spawn(settings, tmp_path)
            kills += 1
            # The embedded broker would forget what it acknowledged.
            if own_kafka.keeps and round_ < 3:
                await progress(log, tmp_path)
                own_kafka.kill()
                await asyncio.to_thread(own_kafka.start)
                kills += 1
            acknowledged |= await commanding
    try:
        await relayed(log, within=120)
    finally:
        relay.send_signal(SIGTERM)
        relay.wait(timeout=10)
    assert len(acknowledged) >= COMMANDS

    ids, by_key = await public(log)
    assert acknowledged <= ids.keys()
    found = await published(settings, len(ids), within=60)
    while len({message.ce["id"] for message in found}) < len(ids):
        found = await published(settings, len(found) + 1, within=60)
    first = first_of_each(found)
    assert {message.ce["id"]: message.position for message in first} == ids
    named = {name: topic for topic, name in topic_names(settings).items()}
    assert {
        (named[topic], key): positions
        for (topic, key), positions in positions_by_key(first).items()
    } == by_key
    # Each kill sends at most one batch again, and a copy is a copy in everything.
    assert len(found) - len(first) <= kills * BATCH_EVENTS
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
        wait_for(lambda: "broker_unavailable" in said(tmp_path), tmp_path)
        await write(log, 500)
        status = annals("relay", "status", "--json", **variables(settings))
        found = msgspec.json.decode(status.stdout)
        assert (found["position"], found["lag_events"]) == (0, 2_000)
        assert found["active"]
        assert found["lag_seconds"] > 0
        await asyncio.to_thread(own_kafka.start)
        await relayed(log, within=60)
        assert relay.poll() is None
    found_messages = await published(settings, 2_000)
    for positions in positions_by_key(found_messages).values():
        assert positions == sorted(positions)


def test_a_relay_that_waits_for_kafka_ends_at_once_when_told_to(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.of(database_url=database_url, kafka_bootstrap_servers="127.0.0.1:1")
    with relay_process(settings, tmp_path) as relay:
        wait_for(lambda: "broker_unavailable" in said(tmp_path), tmp_path)
        relay.send_signal(SIGTERM)
        assert relay.wait(timeout=60) == 0
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
    # All but reminder-events, whose 3 partitions are a setting of its own.
    assert other.stdout.count("6 partitions, not 7") == 5
    assert other.stdout.count(" partitions, not ") == 5
    await write(log, 2)
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


async def command(port: int, tokens: Sequence[str], count: int) -> set[str]:
    """Have at least so many commands carried out; return the ids of the events that followed."""
    acknowledged: set[str] = set()

    async def hand(token: str) -> None:
        connection = await connect(port)

        async def ask(method: str, path: str, body: bytes = b"") -> str:
            answer = await connection.ask(request(method, path, body, token=token))
            assert answer.status in (200, 201), answer.body
            task = msgspec.json.decode(answer.body)
            acknowledged.add(f"{task['id']}:{task['version']}")
            return str(task["id"])

        while len(acknowledged) < count:
            task = "/api/v1/tasks/" + await ask("POST", "/api/v1/tasks", b'{"title":"Pay"}')
            await ask("PATCH", task, b'{"title":"Pay now"}')
            await ask("POST", f"{task}/complete")
            await ask("POST", f"{task}/reopen")
        connection.close()

    await asyncio.gather(*map(hand, tokens))
    return acknowledged


async def public(log: Log) -> tuple[dict[str, int], dict[tuple[KafkaTopic, str], list[int]]]:
    """Return what the log has for the public: positions by id, and by topic and key in order."""
    ids: dict[str, int] = {}
    by_key: dict[tuple[KafkaTopic, str], list[int]] = defaultdict(list)
    for owner, fact in await log.public():
        ids[f"{fact.originator_id}:{fact.originator_version}"] = fact.position
        by_key[PUBLIC_EVENTS[type(fact.event)].topic, str(owner)].append(fact.position)
    return ids, by_key


async def write(log: Log, tasks: int) -> None:
    """Record four events of each of so many tasks, of 200 accounts, from several hands."""
    accounts = [AccountId(uuid4()) for _ in range(200)]
    coming = iter(range(tasks))

    async def hand() -> None:
        for number in coming:
            facts = history(
                TaskCreated(owner=accounts[number % len(accounts)], title="Pay"),
                TaskUpdated(title="Pay now"),
                TaskCompleted(),
                TaskReopened(),
                stream=uuid4(),
                at=datetime.now(UTC),
            )
            await log.append(*facts[:2])
            await log.append(*facts[2:])

    await asyncio.gather(*(hand() for _ in range(4)))


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
        "database_url": settings.database.url_or_fail,
        "kafka_bootstrap_servers": settings.kafka.bootstrap_servers_or_fail,
        "kafka_topics": ",".join(f"{topic}={name}" for topic, name in settings.kafka.topics),
        "kafka_create_topics": "yes" if settings.kafka.create_topics else "no",
        "kafka_patience_seconds": str(settings.kafka.timeout_seconds),
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


def wait_for(true: Callable[[], bool], folder: Path, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, said(folder)
        time.sleep(0.02)
