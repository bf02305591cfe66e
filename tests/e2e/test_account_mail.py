"""Mail about an account: the links in it work, and it comes whatever the preferences say."""

import re

import pytest

from infrastructure.development.embedded.mail import ReceivedMail
from tests.support.accounts import account_of, administrator, log_in
from tests.support.api import PASSWORD, Person
from tests.support.processes.process_cluster import ProcessCluster, process_cluster
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

VERBS = ("project", "work")
OLD, NEW = "ada@example.org", "lovelace@annals.example"
RESET = "password_reset"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


async def mail_to(cluster: ProcessCluster, address: str, subject: str) -> ReceivedMail:
    return await cluster.mail_matching(
        lambda mail: mail.to == (address,) and mail.mail["Subject"] == subject
    )


def link(mail: ReceivedMail) -> str:
    """The link in a mail, as a path of the API."""
    [found] = re.findall(r"http://annals\.test/api/v1(/\S+)", mail.part("plain"))
    return str(found)


async def kinds(who: Person) -> list[str]:
    items = (await who.get("/inbox")).json().get("items", [])
    return sorted(item["title"] for item in items if item["kind"] == "security")


async def test_an_account_is_confirmed_moved_and_recovered_by_mail(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, *VERBS) as cluster:
        api, http = cluster.api, cluster.api.http
        ada = await cluster.person("ada")
        greeting = await mail_to(cluster, OLD, "Confirm your email address")
        assert "List-Unsubscribe" not in greeting.mail
        assert (await http.post(link(greeting))).status_code == 200

        async def adopted() -> bool:
            preferences = (await ada.get("/me/notifications")).json()
            return (preferences["address"], preferences["address_verified"]) == (OLD, True)

        await until(adopted, within=60)

        wish = {"email": NEW, "password": PASSWORD}
        assert (await ada.ask("PUT", "/auth/me/email", wish)).status_code == 202
        move = await mail_to(cluster, NEW, "Confirm your email address")
        assert (await http.post(link(move))).status_code == 200
        for address in (OLD, NEW):
            told = await mail_to(cluster, address, "The email address of your account was changed")
            assert NEW in told.part("plain")

        assert (await http.post("/auth/password/forgotten", json={"email": NEW})).is_success
        reset = await mail_to(cluster, NEW, "Set a new password")
        page = link(reset)
        assert (await http.get(page)).status_code == 200
        assert (await http.post(page, data={"password": "staple battery"})).status_code == 200
        assert (await http.post(page, data={"password": "another one"})).status_code == 410
        again = await log_in(api, "staple battery", NEW)
        assert again.status_code == 200
        await mail_to(cluster, NEW, "Your password was changed")

        ada = Person(http, again.json())

        async def told_in_the_inbox() -> bool:
            return await kinds(ada) == [
                "The email address of your account was changed",
                "Your password was changed",
            ]

        await until(told_in_the_inbox, within=60)


async def test_a_new_device_is_told_of_and_preferences_silence_nothing(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, *VERBS) as cluster:
        ada = await cluster.person("ada", email=False, in_app=False)
        greeting = await mail_to(cluster, OLD, "Confirm your email address")
        assert (await cluster.api.http.post(link(greeting))).status_code == 200
        login = await cluster.api.http.post(
            "/auth/login",
            json={"email": OLD, "password": PASSWORD},
            headers={"User-Agent": FIREFOX},
        )
        assert login.status_code == 200
        told = await mail_to(cluster, OLD, "New sign-in to your account")
        assert "Firefox on Linux" in told.part("plain")
        assert "127.0.0.1" not in told.source.decode()

        async def in_the_inbox() -> bool:
            return await kinds(ada) == ["New sign-in to your account"]

        await until(in_the_inbox, within=60)


async def test_nothing_is_sent_to_an_account_that_cannot_be_used(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, *VERBS) as cluster:
        admin = await administrator(cluster.api)
        ada, bob = await cluster.person("ada"), await cluster.person("bob")
        await cluster.person("carol")
        for who in ("ada", "bob", "carol"):
            greeting = await mail_to(cluster, f"{who}@example.org", "Confirm your email address")
            assert (await cluster.api.http.post(link(greeting))).status_code == 200
        account = await account_of(ada)
        disabled = await admin.ask("POST", f"/accounts/{account}/disable", {})
        assert disabled.status_code == 200
        await mail_to(cluster, OLD, "Your account was disabled")
        assert (await bob.ask("DELETE", "/auth/me", {"password": PASSWORD})).status_code == 204
        await mail_to(cluster, "bob@example.org", "Your account was deleted")
        for who in ("ada", "bob", "carol"):
            body = {"email": f"{who}@example.org"}
            answer = await cluster.api.http.post("/auth/password/forgotten", json=body)
            assert answer.status_code == 202
        await mail_to(cluster, "carol@example.org", "Set a new password")

        async def all_read() -> bool:
            # The reaction has read beyond the last request, whatever it made of it.
            [[behind]] = await cluster.query(
                "SELECT count(*) FROM stored_events WHERE topic = 'password_reset.requested'"
                " AND notification_id > (SELECT min(notification_id) FROM notification_tracking"
                " WHERE application_name LIKE %s)",
                "%mail_account_links%",
            )
            return int(behind) == 0

        await until(all_read, within=60)
        resets = await cluster.query("SELECT account FROM notifications WHERE kind = %s", RESET)
        assert len(resets) == 1
