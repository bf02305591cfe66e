"""Outages of mail and Redis cost time and no mail; one bad address troubles nobody else."""

import asyncio
import subprocess
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from redis import Redis

from domain.events.notifications import NotificationRequested
from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId, ChannelName
from infrastructure.development.embedded.mail import CatchingMailServer
from tests.household import Household, household, soon
from tests.log import until
from tests.ports import free_ports
from tests.proxy import wire_to
from tests.tree import annals

pytestmark = pytest.mark.anyio

HASTY = {"retry_seconds": "1", "sweep_seconds": "2"}


async def tell(house: Household, whom: AccountId, title: str = "Water the plants") -> None:
    request = NotificationRequested(
        account_id=whom,
        channel=ChannelName.EMAIL,
        kind="reminder",
        cause=uuid4(),
        occurred_at=datetime.now(UTC),
        title=title,
    )
    await house.happened(request)


async def states(house: Household) -> dict[str, int]:
    found = await house.ask_sql(
        "SELECT state, count(*) FROM notifications WHERE kind = 'reminder' GROUP BY 1"
    )
    return {row[0]: row[1] for row in found}


async def test_mail_down_and_redis_emptied_cost_time_and_no_mail(
    database_url: str, redis_url: str
) -> None:
    port = free_ports(1)
    async with household(
        database_url, redis_url, "project", "schedule", "work", **HASTY, smtp_port=str(port)
    ) as house:
        ada = await house.reader("ada")
        for _ in range(500):
            await tell(house, ada)

        async def all_failed_once() -> bool:
            [[failed]] = await house.ask_sql(
                "SELECT count(*) FROM notifications WHERE kind = 'reminder' AND attempts > 0"
            )
            return bool(failed == 500)

        await until(all_failed_once, within=90)
        # What waited in the memory of a worker goes with it, and the rest with Redis.
        await house.kill(house.running("work")[0])
        with Redis.from_url(redis_url) as redis:
            redis.flushall()
        house.start("work")
        with CatchingMailServer(port, kept=10_000) as mail:

            async def all_sent() -> bool:
                return await states(house) == {"sent": 500}

            await until(all_sent, within=90)
            ids = [caught.mail["Message-ID"] for caught in mail.messages()]
            assert len(ids) == len(set(ids)) == 500


@pytest.mark.timeout(480)
async def test_two_minutes_without_a_mail_server_cost_minutes_and_no_mail(
    database_url: str, redis_url: str
) -> None:
    async with household(database_url, redis_url, "project", "schedule", "work") as house:
        ada = await house.with_mail("ada")
        hook = await ada.ask("POST", "/me/webhooks", {"url": house.hook.url("/told")})
        assert hook.status_code == 201, hook.text

        async def mails() -> dict[str, int]:
            found = await house.ask_sql(
                "SELECT state, count(*) FROM notifications"
                " WHERE kind = 'reminder' AND channel = 'email' GROUP BY 1"
            )
            return {row[0]: row[1] for row in found}

        with house.mail_server_down():
            began = time.monotonic()
            for number in range(60):
                task = await ada.task(f"Task {number}")
                set_ = await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"at": soon(1)})
                assert set_.status_code == 201, set_.text

            async def told_elsewhere() -> bool:
                unread = (await ada.get("/inbox")).json()["unread"]
                return bool(unread == 60 and len(house.hook.requests) == 60)

            await until(told_elsewhere, within=60)
            # Not to wait for something, but because this is how long it is to be away.
            await asyncio.sleep(120 - (time.monotonic() - began))
            assert await mails() == {"pending": 60}
            [[attempts]] = await house.ask_sql(
                "SELECT min(attempts) FROM notifications"
                " WHERE kind = 'reminder' AND channel = 'email'"
            )
            assert attempts >= 4

        async def all_sent() -> bool:
            return await mails() == {"sent": 60}

        # With the settings as they come, the longest wait that can have begun by now is 160 s.
        await until(all_sent, within=200)
        told = [mail for mail in house.mail.messages() if "Task " in mail.mail["Subject"]]
        assert len({mail.mail["Message-ID"] for mail in told}) == len(told) == 60


async def test_who_works_waits_for_a_database_that_does_not_answer_yet(
    database_url: str, redis_url: str
) -> None:
    async with (
        household(database_url, redis_url, "project") as house,
        wire_to(database_url) as wire,
    ):
        wire.silence()
        house.settings["database_url"] = wire.url
        house.start("work")

        async def waits() -> bool:
            return "schema_outdated" in house.said("work")

        await until(waits, within=60)
        ada = await house.reader("ada")
        await tell(house, ada)
        wire.speak()
        await house.letter(lambda mail: mail.to == ("ada@annals.example",))


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
        async with household(database_url, redis_url, "project", "work", **settings) as house:
            ada, nobody = await house.reader("ada"), await house.reader("nobody")
            await tell(house, nobody, "Never arrives")
            for _ in range(20):
                await tell(house, ada)

            async def settled() -> bool:
                return await states(house) == {"sent": 20, "dead": 1}

            await until(settled, within=60)

            def dead_letters(*words: str) -> "subprocess.CompletedProcess[str]":
                return annals("dead-letters", *words, **house.settings)

            listed = dead_letters("list")
            assert "550" in listed.stdout, listed.stderr
            [[dead]] = await house.ask_sql(
                "SELECT id::text FROM notifications WHERE state = 'dead'"
            )
            assert "notification.dead_lettered" in dead_letters("show", dead).stdout
            mail.refuses = False
            assert dead_letters("retry", dead).returncode == 0

            async def arrived() -> bool:
                return await states(house) == {"sent": 21}

            await until(arrived, within=60)
            assert dead_letters("discard", dead).returncode == 1


async def test_rebuilding_every_view_sends_nothing(database_url: str, redis_url: str) -> None:
    async with household(database_url, redis_url, "project", "schedule", "work", **HASTY) as house:
        ada = await house.reader("ada")
        await house.happened(TaskCreated(owner=ada, title="Water the plants"))
        for _ in range(3):
            await tell(house, ada)

        async def sent() -> bool:
            return await states(house) == {"sent": 3}

        await until(sent, within=60)
        [[end]] = await house.ask_sql("SELECT max(notification_id) FROM stored_events")
        rebuilt = annals("views", "rebuild", "--all", **house.settings)
        assert rebuilt.returncode == 0, rebuilt.stderr
        # Were anything to be told again, what follows would be told after it.
        await tell(house, ada, "The last")
        await house.letter(lambda caught: "The last" in caught.mail["Subject"])
        assert len(house.mail.messages()) == 4
        added = await house.ask_sql(
            "SELECT topic FROM stored_events WHERE notification_id > %s ORDER BY 1", end
        )
        assert [row[0] for row in added] == ["notification.requested", "notification.sent"]


async def test_a_standby_scheduler_takes_over_within_five_seconds(
    database_url: str, redis_url: str
) -> None:
    async with household(database_url, redis_url, "project", "schedule") as house:
        ada = await house.person("ada")
        task = await ada.task("Water the plants")

        async def said(words: str) -> bool:
            return words in house.said("schedule")

        await until(lambda: said("subscription_started"), within=60)
        house.start("schedule")
        await until(lambda: said("subscription_standing_by"), within=60)
        ring = await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"at": soon(1)})
        assert ring.status_code == 201
        await house.kill(house.running("schedule")[0])

        async def told() -> bool:
            return bool((await ada.get("/inbox")).json()["unread"] == 1)

        assert await until(told, within=30) < 6
