"""From "remind me" to the mail, the inbox, the webhook and the browser: once each."""

import pytest
from py_vapid import Vapid02  # type: ignore[import-untyped]
from standardwebhooks.webhooks import Webhook

from tests.support.api import Person
from tests.support.clients.push_subscriber import Browser, claims_of
from tests.support.processes.process_cluster import (
    ProcessCluster,
    process_cluster,
    seconds_from_now,
)
from tests.support.servers.channel_servers import Reply
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

ALL = ("project", "schedule", "work")


async def test_a_reminder_reaches_mail_inbox_webhook_and_browser_once_each(
    database_url: str, redis_url: str
) -> None:
    browser, front_end = Browser(), "https://app.annals.example/tasks/"
    async with process_cluster(
        database_url, redis_url, *ALL, task_link=front_end + "{id}"
    ) as cluster:
        ada = await cluster.person_with_mail("ada")
        hook = await ada.ask("POST", "/me/webhooks", {"url": cluster.hook.url("/told")})
        assert hook.status_code == 201, hook.text
        subscription = browser.subscription(cluster.push.url("/push/ada"))
        pushed = await ada.ask("POST", "/me/push-subscriptions", subscription)
        assert pushed.status_code == 201, pushed.text
        task = await ada.task("Water the plants", due_at=seconds_from_now(3600))
        ring = await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"at": seconds_from_now(1)})
        assert ring.status_code == 201, ring.text

        async def all_told() -> bool:
            mails = [mail for mail in cluster.mail.messages() if "Water" in mail.mail["Subject"]]
            return all((mails, cluster.hook.requests, cluster.push.requests))

        await until(all_told, within=60)

        letter = await cluster.mail_matching(
            lambda mail: "Water the plants" in mail.mail["Subject"]
        )
        assert letter.to == ("ada@annals.example",)
        assert letter.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        page = front_end + task["id"]
        assert f"Open the task: {page}" in letter.part("plain")
        assert f'<a href="{page}"' in letter.part("html")

        [told] = cluster.hook.requests
        said = Webhook(hook.json()["secret"]).verify(told.body, told.headers)
        assert (said["data"]["title"], said["data"]["url"]) == ("Water the plants", page)

        [push] = cluster.push.requests
        shown = browser.read(push)
        assert (shown["title"], shown["url"]) == ("Reminder: Water the plants", page)
        assert Vapid02.verify(push.headers["authorization"])
        assert claims_of(push)["aud"] == cluster.push.url("")
        key = (await ada.get("/me/push-subscriptions")).json()["public_key"]
        assert f"k={key}" in push.headers["authorization"]

        async def all_recorded() -> bool:
            return await events_of(ada, ring.json()["id"], "notification.sent") == 3

        await until(all_recorded, within=60)
        inbox = (await ada.get("/inbox", annals_min_position=await last(cluster))).json()
        assert [entry["title"] for entry in inbox["items"]] == ["Water the plants"]
        assert inbox["unread"] == 1
        assert await events_of(ada, ring.json()["id"], "notification.requested") == 4
        chain = (await ada.get(f"/reminders/{ring.json()['id']}/why")).json()["steps"]
        assert [step["event"] for step in chain[:2]] == ["reminder.set", "reminder.triggered"]


async def last(cluster: ProcessCluster) -> str:
    [[position]] = await cluster.query("SELECT max(notification_id) FROM stored_events")
    return str(position)


async def events_of(person: Person, reminder: str, event: str) -> int:
    """How many of these there are in the chain of a reminder."""
    chain = (await person.get(f"/reminders/{reminder}/why")).json()
    return [step["event"] for step in chain["steps"]].count(event)


async def test_a_browser_that_is_gone_is_forgotten(database_url: str, redis_url: str) -> None:
    async with process_cluster(database_url, redis_url, *ALL) as cluster:
        cluster.push.replies["/push/gone"] = Reply(410)
        ada = await cluster.person("ada")
        for path in ("/push/gone", "/push/there"):
            subscription = Browser().subscription(cluster.push.url(path))
            added = await ada.ask("POST", "/me/push-subscriptions", subscription)
            assert added.status_code == 201, added.text
        there = added.json()["id"]

        async def ring(title: str) -> None:
            task = await ada.task(title)
            await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"at": seconds_from_now(1)})

        async def only_one_is_left() -> bool:
            left = (await ada.get("/me/push-subscriptions")).json()["items"]
            return [browser["id"] for browser in left] == [there]

        await ring("Water the plants")
        await until(only_one_is_left, within=60)

        def heard(path: str) -> int:
            return [request.path for request in cluster.push.requests].count(path)

        async def told_twice() -> bool:
            return heard("/push/there") == 2

        await ring("Water the cactus")
        await until(told_twice, within=60)
        assert heard("/push/gone") == 1
