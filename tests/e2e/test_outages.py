"""Outages of mail and Redis cost time and no mail; a bad address delays nobody else."""

import subprocess
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest
from redis import Redis

from domain.events.notifications import NotificationRequested
from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId, ChannelName
from infrastructure.development.embedded.mail import CatchingMailServer
from tests.support.processes.dev_process import annals
from tests.support.processes.process_cluster import (
    ProcessCluster,
    process_cluster,
    seconds_from_now,
)
from tests.support.servers.ports import free_ports
from tests.support.servers.proxy import wire_to
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

MAILS = 120  # while the server is down
TASKS = 20
HASTY = {"retry_seconds": "1", "sweep_seconds": "2"}


async def tell(cluster: ProcessCluster, whom: AccountId, title: str = "Water the plants") -> None:
    request = NotificationRequested(
        account_id=whom,
        channel=ChannelName.EMAIL,
        kind="reminder",
        cause=uuid4(),
        occurred_at=datetime.now(UTC),
        title=title,
    )
    await cluster.record(request)


async def states(cluster: ProcessCluster) -> dict[str, int]:
    found = await cluster.query(
        "SELECT state, count(*) FROM notifications WHERE kind = 'reminder' GROUP BY 1"
    )
    return {row[0]: row[1] for row in found}


@pytest.mark.timeout(600)
async def test_mail_down_and_redis_emptied_cost_time_and_no_mail(
    database_url: str, redis_url: str
) -> None:
    port = free_ports(1)
    async with process_cluster(
        database_url, redis_url, "project", "schedule", "work", **HASTY, smtp_port=str(port)
    ) as cluster:
        ada = await cluster.mail_recipient("ada")
        for _ in range(MAILS):
            await tell(cluster, ada)

        async def all_failed_once() -> bool:
            [[failed]] = await cluster.query(
                "SELECT count(*) FROM notifications WHERE kind = 'reminder' AND attempts > 0"
            )
            return bool(failed == MAILS)

        await until(all_failed_once, within=240)
        # What waited in the memory of a worker goes with it, and the rest with Redis.
        await cluster.kill(cluster.running("work")[0])
        with Redis.from_url(redis_url) as redis:
            redis.flushall()
        cluster.start("work")
        with CatchingMailServer(port, kept=10_000) as mail:

            async def all_sent() -> bool:
                return await states(cluster) == {"sent": MAILS}

            await until(all_sent, within=240)
            ids = [caught.mail["Message-ID"] for caught in mail.messages()]
            assert len(ids) == len(set(ids)) == MAILS


async def test_an_outage_of_the_mail_server_costs_time_and_no_mail(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(
        database_url, redis_url, "project", "schedule", "work", retry_seconds="1"
    ) as cluster:
        ada = await cluster.person_with_mail("ada")
        hook = await ada.ask("POST", "/me/webhooks", {"url": cluster.hook.url("/told")})
        assert hook.status_code == 201, hook.text

        async def mails() -> dict[str, int]:
            found = await cluster.query(
                "SELECT state, count(*) FROM notifications"
                " WHERE kind = 'reminder' AND channel = 'email' GROUP BY 1"
            )
            return {row[0]: row[1] for row in found}

        with cluster.mail_server_down():
            for number in range(TASKS):
                task = await ada.task(f"Task {number}")
                set_ = await ada.ask(
                    "POST", f"/tasks/{task['id']}/reminders", {"at": seconds_from_now(1)}
                )
                assert set_.status_code == 201, set_.text

            async def told_elsewhere() -> bool:
                unread = (await ada.get("/inbox")).json()["unread"]
                return bool(unread == TASKS and len(cluster.hook.requests) == TASKS)

            await until(told_elsewhere, within=60)

            async def all_tried_four_times() -> bool:
                [[attempts]] = await cluster.query(
                    "SELECT min(attempts) FROM notifications"
                    " WHERE kind = 'reminder' AND channel = 'email'"
                )
                return bool(attempts >= 4)

            # After waits of 1, 2 and 4 s; it is away until then.
            await until(all_tried_four_times, within=120)
            assert await mails() == {"pending": TASKS}

        async def all_sent() -> bool:
            return await mails() == {"sent": TASKS}

        await until(all_sent, within=120)
        told = [mail for mail in cluster.mail.messages() if "Task " in mail.mail["Subject"]]
        assert len({mail.mail["Message-ID"] for mail in told}) == len(told) == TASKS


async def test_who_works_waits_for_a_database_that_does_not_answer_yet(
    database_url: str, redis_url: str
) -> None:
    async with (
        process_cluster(database_url, redis_url, "project") as cluster,
        wire_to(database_url) as wire,
    ):
        wire.silence()
        cluster.settings["database_url"] = wire.url
        cluster.start("work")

        async def waits() -> bool:
            return "schema_outdated" in cluster.log_text("work")

        await until(waits, within=60)
        ada = await cluster.mail_recipient("ada")
        await tell(cluster, ada)
        wire.speak()
        await cluster.mail_matching(lambda mail: mail.to == ("ada@annals.example",))


class ParticularMailServer(CatchingMailServer):
    """Refuses who is called nobody, as long as it is told to."""

    refuses = True

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if self.refuses and address.startswith("nobody"):
            return "550 5.1.1 There is no such person here"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"


async def test_a_bad_address_becomes_a_dead_letter_and_troubles_nobody_else(
    database_url: str, redis_url: str
) -> None:
    with ParticularMailServer(kept=1000) as mail:
        settings = HASTY | {"smtp_port": str(mail.port)}
        async with process_cluster(
            database_url, redis_url, "project", "work", **settings
        ) as cluster:
            ada, nobody = (
                await cluster.mail_recipient("ada"),
                await cluster.mail_recipient("nobody"),
            )
            await tell(cluster, nobody, "Never arrives")
            for _ in range(20):
                await tell(cluster, ada)

            async def settled() -> bool:
                return await states(cluster) == {"sent": 20, "dead": 1}

            await until(settled, within=60)

            def dead_letters(*words: str) -> "subprocess.CompletedProcess[str]":
                return annals("dead-letters", *words, **cluster.settings)

            listed = dead_letters("list")
            assert "550" in listed.stdout, listed.stderr
            [[dead]] = await cluster.query(
                "SELECT id::text FROM notifications WHERE state = 'dead'"
            )
            assert "notification.dead_lettered" in dead_letters("show", dead).stdout
            mail.refuses = False
            assert dead_letters("retry", dead).returncode == 0

            async def arrived() -> bool:
                return await states(cluster) == {"sent": 21}

            await until(arrived, within=60)
            assert dead_letters("discard", dead).returncode == 1


async def test_rebuilding_every_view_sends_nothing(database_url: str, redis_url: str) -> None:
    async with process_cluster(
        database_url, redis_url, "project", "schedule", "work", **HASTY
    ) as cluster:
        ada = await cluster.mail_recipient("ada")
        await cluster.record(TaskCreated(owner=ada, title="Water the plants"))
        for _ in range(3):
            await tell(cluster, ada)

        async def all_sent(mails: int) -> bool:
            found = await cluster.query("SELECT state, count(*) FROM notifications GROUP BY 1")
            return dict(found) == {"sent": mails}

        await until(partial(all_sent, 3), within=60)
        [[end]] = await cluster.query("SELECT max(notification_id) FROM stored_events")
        rebuilt = annals("views", "rebuild", "--all", **cluster.settings)
        assert rebuilt.returncode == 0, rebuilt.stderr
        # Were anything to be told again, what follows would be told after it.
        await tell(cluster, ada, "The last")
        await cluster.mail_matching(lambda caught: "The last" in caught.mail["Subject"])
        await until(partial(all_sent, 4), within=60)  # a mail is recorded after it was sent
        assert len(cluster.mail.messages()) == 4
        added = await cluster.query(
            "SELECT topic FROM stored_events WHERE notification_id > %s ORDER BY 1", end
        )
        assert [row[0] for row in added] == ["notification.requested", "notification.sent"]


async def test_a_standby_scheduler_takes_over(database_url: str, redis_url: str) -> None:
    async with process_cluster(database_url, redis_url, "project", "schedule") as cluster:
        ada = await cluster.person("ada")
        task = await ada.task("Water the plants")

        async def said(words: str) -> bool:
            return words in cluster.log_text("schedule")

        await until(lambda: said("subscription_started"), within=60)
        cluster.start("schedule")
        await until(lambda: said("subscription_standing_by"), within=60)
        ring = await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"at": seconds_from_now(1)})
        assert ring.status_code == 201
        await cluster.kill(cluster.running("schedule")[0])

        async def told() -> bool:
            return bool((await ada.get("/inbox")).json()["unread"] == 1)

        await until(told, within=30)
