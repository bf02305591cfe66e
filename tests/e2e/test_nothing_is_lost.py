"""Whatever dies, every reminder rings once and every notification arrives."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain
from signal import SIGKILL
from uuid import uuid4

import pytest

from domain.events.recorded import Recorded
from domain.events.reminders import ReminderSet
from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId, ReminderId
from infrastructure.development.embedded.valkey import EmbeddedValkey
from tests.support.facts import history
from tests.support.processes.process_cluster import ProcessCluster, process_cluster
from tests.support.seed import seeded
from tests.support.servers.databases import scratch
from tests.support.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(280)]

TASKS, EACH, AT_ONCE = 60, 10, 20
KILLS = 10
PROCESSES = ("project", "schedule", "schedule", "work", "work", "work", "work")


async def test_600_reminders_survive_a_massacre(database_url: str) -> None:
    with scratch() as folder:
        valkey = EmbeddedValkey(folder / "valkey")
        redis = valkey.server.spawn()
        await valkey.ready()
        try:
            async with process_cluster(
                database_url, valkey.url, *PROCESSES, retry_seconds="1", sweep_seconds="4"
            ) as cluster:
                start = datetime.now(UTC) + timedelta(seconds=6)
                rings = await _reminders(cluster, start)
                await asyncio.sleep(max(0.0, (start - datetime.now(UTC)).total_seconds()))
                dead_workers, chance = 0, seeded("kills")
                for _ in range(KILLS):
                    await asyncio.sleep(1.0)
                    if chance.random() < 0.2:
                        redis.send_signal(SIGKILL)
                        redis.wait(10)
                        redis = valkey.server.spawn()
                        continue
                    verb = chance.choice(["schedule", "work"])
                    await cluster.kill(chance.choice(cluster.running(verb)))
                    cluster.start(verb)
                    dead_workers += verb == "work"
                await _all_sent(cluster, len(rings))
                await _judge(cluster, rings, dead_workers)
        finally:
            redis.send_signal(SIGKILL)
            redis.wait(10)


async def _reminders(cluster: ProcessCluster, start: datetime) -> set[ReminderId]:
    """Let them be due within ten seconds."""
    people = [await cluster.mail_recipient(f"reader{number}") for number in range(20)]
    rings: set[ReminderId] = set()
    chance = seeded("due times")

    def task(number: int) -> list[Recorded]:
        owner: AccountId = people[number % len(people)]
        wanted = [
            ReminderSet(
                reminder_id=ReminderId(uuid4()),
                owner=owner,
                due_at=start + timedelta(milliseconds=chance.randrange(10_000)),
            )
            for _ in range(EACH)
        ]
        rings.update(each.reminder_id for each in wanted)
        created = TaskCreated(owner=owner, title=f"Task {number}")
        return history(created, *wanted, stream=uuid4(), at=datetime.now(UTC))

    # A connection for each task would keep a busy database from answering in time.
    for first in range(0, TASKS, AT_ONCE):
        tasks = map(task, range(first, first + AT_ONCE))
        await cluster.api.record(list(chain.from_iterable(tasks)))
    return rings


async def _all_sent(cluster: ProcessCluster, count: int) -> None:
    async def sent() -> bool:
        [[found]] = await cluster.query(
            "SELECT count(*) FROM notifications WHERE channel = 'email' AND state = 'sent'"
        )
        return bool(found == count)

    began = time.monotonic()
    try:
        await until(sent, within=150)
    except AssertionError:
        states = await cluster.query(
            "SELECT channel, state, count(*), min(attempt_at) FROM notifications GROUP BY 1, 2"
        )
        raise AssertionError(f"{states}\n{cluster.log_text('work')[-3000:]}") from None
    print(f"all sent {time.monotonic() - began:.1f} s after the last kill")  # noqa: T201


async def _judge(cluster: ProcessCluster, rings: set[ReminderId], dead_workers: int) -> None:
    triggered = await cluster.query(
        "SELECT convert_from(state, 'UTF8')::json -> 'event' ->> 'reminder_id', count(*)"
        " FROM stored_events WHERE topic = 'reminder.triggered' GROUP BY 1"
    )
    assert {row[0]: row[1] for row in triggered} == {str(ring): 1 for ring in rings}
    assert not await cluster.query("SELECT 1 FROM stored_events WHERE topic = 'reminder.missed'")
    requested = await cluster.query(
        "SELECT count(*), count(DISTINCT reminder_id) FROM notifications"
        " WHERE channel = 'email' AND kind = 'reminder'"
    )
    assert requested == [(len(rings), len(rings))]
    copies = Counter(caught.mail["Message-ID"] for caught in cluster.mail.messages())
    assert len(copies) == len(rings)
    doubles = sum(copies.values()) - len(copies)
    print(f"{dead_workers} workers killed, {doubles} mails sent twice")  # noqa: T201
    # A worker has at most four mails under way when it dies.
    assert doubles <= 4 * dead_workers
