"""From the due moment to the request, among a million reminders; and mail, as fast as it goes."""

import asyncio
import os
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from domain.events.notifications import NotificationRequested
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderSet
from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId, ChannelName, ReminderId
from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.support.facts import history
from tests.support.processes.process_cluster import ProcessCluster, process_cluster
from tests.support.servers.databases import postgres_server, valkey_server
from tests.support.waiting import until

PENDING = 1_000_000
SINGLE = 300  # reminders, one after the other
AT_ONCE = 10_000
MAILS = 3_000
IDLE = 20.0  # seconds

# A million rows of the view that ring in a year; nothing else needs to know of them.
FILL = """
INSERT INTO due_reminders
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    now() + interval '1 year' + n * interval '1 second'
FROM generate_series(1, %s) n
"""


def run() -> list[Figure]:
    with postgres_server({"shared_buffers": "256MB"}) as server, valkey_server() as redis:
        ringing, sending = server.create("ringing"), server.create("sending")
        migrate(ringing)
        migrate(sending)
        return [*asyncio.run(_ring(ringing, redis)), asyncio.run(_send(sending, redis))]


async def _ring(database: str, redis: str) -> list[Figure]:
    async with process_cluster(database, redis, "project", "schedule") as cluster:
        await cluster.run_statement(FILL, PENDING)
        await cluster.run_statement("ANALYZE due_reminders")
        idle = await _idle_share(cluster)
        start = datetime.now(UTC) + timedelta(seconds=3)
        await _set(cluster, [start + timedelta(milliseconds=30 * n) for n in range(SINGLE)])
        single = await _latencies(cluster, SINGLE)
        together = datetime.now(UTC) + timedelta(seconds=30)
        await _set(cluster, [together] * AT_ONCE)
        crowd = (await _latencies(cluster, SINGLE + AT_ONCE))[SINGLE:]
    p99 = statistics.quantiles(single, n=100)[98]
    return [
        Figure(
            what="due to requested, p99, 1,000,000 pending",
            value=p99,
            unit="s",
            goal=1.0,
            aim=0.2,
            at_most=True,
            note=f"median {statistics.median(single) * 1000:.0f} ms",
        ),
        Figure(
            what=f"{AT_ONCE:,} due in the same second, all requested",
            value=max(crowd),
            unit="s",
            goal=10.0,
            aim=5.0,
            at_most=True,
        ),
        Figure(
            what="CPU of an idle scheduler", value=idle, unit="%", goal=1.0, aim=0.2, at_most=True
        ),
    ]


async def _set(cluster: ProcessCluster, moments: Sequence[datetime]) -> None:
    def one(moment: datetime) -> Sequence[Recorded]:
        owner = AccountId(uuid4())
        ring = ReminderSet(reminder_id=ReminderId(uuid4()), owner=owner, due_at=moment)
        created = TaskCreated(owner=owner, title="Water the plants")
        return history(created, ring, stream=uuid4(), at=datetime.now(UTC))

    for start in range(0, len(moments), 500):
        await cluster.api.record(*map(one, moments[start : start + 500]))


async def _latencies(cluster: ProcessCluster, count: int) -> list[float]:
    """Return the seconds from due to requested, in the order of the log, once there are all."""

    async def all_there() -> bool:
        found = await cluster.query(
            "SELECT count(*) FROM stored_events WHERE topic = 'notification.requested'"
        )
        return bool(found[0][0] >= count)

    await until(all_there, within=120)
    rows = await cluster.query(
        "SELECT extract(epoch FROM"
        " (convert_from(r.state, 'UTF8')::json ->> 'recorded_at')::timestamptz"
        " - (convert_from(t.state, 'UTF8')::json -> 'event' ->> 'due_at')::timestamptz)::float8"
        " FROM stored_events r JOIN stored_events t"
        " ON t.originator_id ="
        "  (convert_from(r.state, 'UTF8')::json -> 'event' ->> 'task_id')::uuid"
        " AND t.topic = 'reminder.triggered'"
        " WHERE r.topic = 'notification.requested' ORDER BY r.notification_id"
    )
    return [row[0] for row in rows]


async def _idle_share(cluster: ProcessCluster) -> float:
    """Return the percentage of a core that the scheduler takes while nothing is due."""
    await until(lambda: _said(cluster, "subscription_started"), within=30)
    await asyncio.sleep(3)
    [scheduler] = cluster.running("schedule")
    before = _cpu_seconds(scheduler.pid)
    await asyncio.sleep(IDLE)
    return 100 * (_cpu_seconds(scheduler.pid) - before) / IDLE


async def _said(cluster: ProcessCluster, words: str) -> bool:
    return words in cluster.log_text("schedule")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _send(database: str, redis: str) -> Figure:
    async with process_cluster(database, redis, "project") as cluster:
        people = [await cluster.mail_recipient(f"reader{number}") for number in range(20)]

        def request(number: int) -> Sequence[Recorded]:
            requested = NotificationRequested(
                account_id=people[number % len(people)],
                channel=ChannelName.EMAIL,
                kind="reminder",
                cause=uuid4(),
                occurred_at=datetime.now(UTC),
                title=f"Task {number}",
            )
            return history(requested, stream=uuid4(), at=datetime.now(UTC))

        for start in range(0, MAILS, 500):
            await cluster.api.record(*map(request, range(start, min(start + 500, MAILS))))
        cluster.start("work", "work")

        async def all_sent() -> bool:
            found = await cluster.query(
                "SELECT count(*) FROM stored_events WHERE topic = 'notification.sent'"
            )
            return bool(found[0][0] >= MAILS)

        await until(all_sent, within=120)
        [[seconds]] = await cluster.query(
            "SELECT extract(epoch FROM max(at) - percentile_disc(0.1) WITHIN GROUP (ORDER BY at)"
            ")::float8 FROM (SELECT"
            " (convert_from(state, 'UTF8')::json ->> 'recorded_at')::timestamptz AS at"
            " FROM stored_events WHERE topic = 'notification.sent') sent"
        )
    return Figure(
        what="mails through SMTP, two worker processes",
        value=0.9 * MAILS / seconds,  # the first tenth is gone before both are at it
        unit="/s",
        goal=200,
        aim=400,
        note="the receiving server runs on the same cores",
    )
