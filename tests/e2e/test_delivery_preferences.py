"""People are told as they wish: not too often, not at night, and not where nobody listens."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.events.preferences import PreferencesChanged
from domain.events.reminders import ReminderTriggered
from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId, ReminderId
from tests.support.processes.process_cluster import ProcessCluster, process_cluster
from tests.support.servers.channel_servers import Reply
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

VERBS = ("project", "work")


async def ring(
    cluster: ProcessCluster,
    owner: AccountId,
    title: str = "Water the plants",
    *,
    when: datetime | None = None,
) -> None:
    """Let a reminder of a new task ring, now unless it is said when."""
    rang = ReminderTriggered(reminder_id=ReminderId(UUID(int=1)), due_at=datetime.now(UTC))
    await cluster.record(TaskCreated(owner=owner, title=title), rang, when=when)


async def states(cluster: ProcessCluster, channel: str = "email") -> dict[str, int]:
    found = await cluster.query(
        "SELECT state, count(*) FROM notifications WHERE channel = %s AND kind <> 'verify_email'"
        " GROUP BY 1",
        channel,
    )
    return {row[0]: row[1] for row in found}


async def test_what_is_too_much_waits_and_is_not_dropped(database_url: str, redis_url: str) -> None:
    async with process_cluster(
        database_url, redis_url, "project", notifications_per_minute="3"
    ) as cluster:
        ada, bob = await cluster.mail_recipient("ada"), await cluster.mail_recipient("bob")
        for number in range(5):
            await ring(cluster, ada, f"Task {number}")
        await ring(cluster, bob)
        cluster.start("work")  # now, so that it takes all of them within a few seconds
        await cluster.mail_matching(lambda mail: mail.to == ("ada@annals.example",))
        await cluster.mail_matching(lambda mail: mail.to == ("bob@annals.example",))

        async def three_and_one() -> bool:
            return await states(cluster) == {"sent": 4, "pending": 2}

        await until(three_and_one, within=60)
        assert not await cluster.query("SELECT 1 FROM notifications WHERE attempts > 1")


async def test_a_stranger_gets_few_confirmations_however_many_accounts_ask_for_them(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, *VERBS) as cluster:
        spellings = ["stranger@annals.example", "Stranger@Annals.Example"]
        for number in range(8):
            await cluster.person(f"sender{number}", address=spellings[number % 2])

        async def decided() -> bool:
            found = await cluster.query(
                "SELECT state, count(*) FROM notifications WHERE kind = 'verify_email' GROUP BY 1"
            )
            return dict(found) == {"sent": 5, "suppressed": 3}

        await until(decided, within=60)
        recipients = [address.lower() for mail in cluster.mail.messages() for address in mail.to]
        assert recipients.count("stranger@annals.example") == 5
        await cluster.person_with_mail("somebody-else")
        reasons = await cluster.query(
            "SELECT DISTINCT reason FROM notifications WHERE state = 'suppressed'"
        )
        assert reasons == [("too_many_links",)]


async def test_quiet_hours_hold_mail_and_a_digest_tells_of_it_at_once(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, *VERBS) as cluster:
        now = datetime.now(UTC)
        night = PreferencesChanged(
            quiet_from=f"{now - timedelta(hours=1):%H:%M}",
            quiet_until=f"{now + timedelta(hours=1):%H:%M}",
        )
        sleeper = await cluster.mail_recipient("sleeper", night)
        gatherer = await cluster.mail_recipient("gatherer", night, PreferencesChanged(digest=True))
        awake = await cluster.mail_recipient("awake")
        for _ in range(3):
            await ring(cluster, sleeper)
            await ring(cluster, gatherer)
        await ring(cluster, awake)
        await cluster.mail_matching(lambda mail: mail.to == ("awake@annals.example",))

        async def held() -> bool:
            # Three of the sleeper and one digest wait; what the digest tells is not sent itself.
            return await states(cluster) == {"pending": 4, "suppressed": 3, "sent": 1}

        await until(held, within=60)
        assert {mail.to for mail in cluster.mail.messages()} == {("awake@annals.example",)}
        [[earliest]] = await cluster.query(
            "SELECT min(attempt_at) FROM notifications WHERE state = 'pending'"
        )
        assert timedelta(minutes=58) < earliest - now <= timedelta(hours=1)


async def test_a_digest_comes_when_the_quiet_hours_end(database_url: str, redis_url: str) -> None:
    async with process_cluster(database_url, redis_url, "project") as cluster:
        end = datetime.now(UTC).replace(second=0, microsecond=0)
        night = PreferencesChanged(
            quiet_from=f"{end - timedelta(hours=1):%H:%M}", quiet_until=f"{end:%H:%M}", digest=True
        )
        gatherer = await cluster.mail_recipient("gatherer", night)
        titles = {f"Task {number}" for number in range(3)}
        for title in titles:
            await ring(cluster, gatherer, title, when=end - timedelta(seconds=1))

        async def held() -> bool:
            return await states(cluster) == {"pending": 1, "suppressed": 3}

        await until(held, within=60)
        cluster.start("work")
        letter = await cluster.mail_matching(lambda mail: mail.to == ("gatherer@annals.example",))
        assert letter.mail["Subject"] == "3 things to tell you"
        assert titles <= set(letter.part("plain").splitlines())

        async def told() -> bool:
            return await states(cluster) == {"sent": 1, "suppressed": 3}

        await until(told, within=60)
        assert len(cluster.mail.messages()) == 1


async def test_a_webhook_nobody_listens_to_is_switched_off_with_a_notice(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, *VERBS, delivery_attempts="1") as cluster:
        ada = await cluster.person("ada")
        me = AccountId(UUID((await ada.get("/auth/me")).json()["id"]))
        for path in ("/broken", "/gone", "/fine"):
            await ada.ask("POST", "/me/webhooks", {"url": cluster.hook.url(path)})
        cluster.hook.replies["/broken"] = Reply(500)
        cluster.hook.replies["/gone"] = Reply(410)
        for number in range(5):
            await ring(cluster, me, f"Task {number}")

        async def on() -> list[str]:
            hooks = (await ada.get("/me/webhooks")).json().get("items", [])
            return [hook["url"].rpartition("/")[2] for hook in hooks if hook["on"]]

        async def only_fine() -> bool:
            return await on() == ["fine"]

        await until(only_fine, within=60)

        async def noticed() -> bool:
            items = (await ada.get("/inbox")).json().get("items", [])
            return [item["kind"] for item in items].count("notice") == 2

        await until(noticed, within=60)

        async def all_heard() -> bool:
            heard = Counter(request.path for request in cluster.hook.requests)
            return heard["/fine"] == heard["/broken"] == 5

        await until(all_heard, within=60)


async def test_a_receiver_that_asks_for_time_gets_it(database_url: str, redis_url: str) -> None:
    async with process_cluster(database_url, redis_url, *VERBS, retry_seconds="1") as cluster:
        ada = await cluster.person("ada")
        me = AccountId(UUID((await ada.get("/auth/me")).json()["id"]))
        await ada.ask("POST", "/me/webhooks", {"url": cluster.hook.url("/busy")})
        cluster.hook.replies["/busy"] = Reply(503, {"Retry-After": "3"})
        await ring(cluster, me)
        await until(lambda: _asked(cluster, 1), within=60)
        cluster.hook.replies.clear()
        await until(lambda: _asked(cluster, 2), within=60)
        first, second = cluster.hook.requests
        assert second.at - first.at > 2.5
        assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def _asked(cluster: ProcessCluster, count: int) -> bool:
    return len(cluster.hook.requests) >= count
