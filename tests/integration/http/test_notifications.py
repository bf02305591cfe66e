"""Preferences, endpoints, inbox, links and dead letters over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace as replace_settings
from datetime import UTC, date, datetime
from ipaddress import ip_network
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec.structs import replace

from application.command import Context
from application.commands.identity.accounts import GrantRole
from application.commands.notifications import RequestNotification
from application.ports.endpoints import EndpointAddress, UnsubscribeLink, VerifyAddressLink
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuppressed,
)
from domain.events.recorded import AnyEvent, Recorded
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import AccountId, ChannelName, EndpointId, NotificationId, Role, TaskId
from infrastructure.config.notifying import WebhookSettings
from infrastructure.config.settings import Settings
from infrastructure.store.event_store import PostgresEventStore
from tests.support.api import Answer, Api, Person, projecting
from tests.support.facts import history

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database_url")]

Rival: TypeAlias = Callable[[Callable[[], Awaitable[object]]], None]

SYSTEM = Context(actor="system:test", now=datetime.now(UTC), correlation_id=uuid4())
KEYS = {"p256dh": "B" * 87, "auth": "a" * 22}


async def account_of(person: Person) -> AccountId:
    return AccountId(UUID((await person.get("/auth/me")).json()["id"]))


async def wish(person: Person, **wanted: Any) -> dict[str, Any]:
    answer = await person.ask("PUT", "/me/notifications", wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Preferences


async def test_who_said_nothing_is_told_of_reminders_in_the_inbox(ada: Person) -> None:
    said = (await ada.get("/me/notifications")).json()
    assert (said["in_app"], said["address"], said["topics"]) == (True, None, ["reminder"])
    assert said["version"] == 0


async def test_what_is_given_changes_and_the_rest_stays(ada: Person) -> None:
    await wish(ada, quiet_hours={"start": "22:00", "end": "07:00"}, language="de")
    said = await wish(ada, topics=["reminder", "task.completed"], digest=True)
    assert (said["language"], said["digest"]) == ("de", True)
    assert said["quiet_hours"] == {"start": "22:00", "end": "07:00"}
    assert (await wish(ada, quiet_hours=None))["quiet_hours"] is None


@pytest.mark.parametrize(
    "wanted",
    [
        {"timezone": "Mars/Olympus"},
        {"quiet_hours": {"start": "25:00", "end": "07:00"}},
        {"quiet_hours": {"start": "07:00", "end": "07:00"}},
        {"address": "ada@annals.example\r\nBcc: eve@annals.example"},
        {"topics": ["gossip"]},
        {"language": "de\r\n"},
        {"sms": True},
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(ada: Person, wanted: dict[str, Any]) -> None:
    assert (await ada.ask("PUT", "/me/notifications", wanted)).status_code == 422


async def test_an_address_is_verified_by_the_link_that_went_there(api: Api, ada: Person) -> None:
    address = "ada@annals.example"
    assert (await wish(ada, address=address))["address_verified"] is False
    links = api.parts.endpoints.links
    later = datetime(2099, 1, 1, tzinfo=UTC)
    what = VerifyAddressLink(account_id=await account_of(ada), address=address, until=later)
    word = links.write(what)
    shown = await api.http.get(f"/confirm/{word}")
    assert "Confirm the address" in shown.text
    assert (await ada.get("/me/notifications")).json()["address_verified"] is False
    assert (await api.http.post(f"/confirm/{word}")).status_code == 200
    assert (await ada.get("/me/notifications")).json()["address_verified"] is True
    for bad in (
        links.write(replace(what, until=datetime(2020, 1, 1, tzinfo=UTC))),
        word[:-2] + ("AA" if not word.endswith("AA") else "BB"),
        links.write(UnsubscribeLink(account_id=what.account_id, channel=ChannelName.EMAIL)),
        "nonsense",
    ):
        assert (await api.http.post(f"/confirm/{bad}")).status_code == 404


async def test_one_click_ends_mail(api: Api, ada: Person) -> None:
    account = await account_of(ada)
    what = UnsubscribeLink(account_id=account, channel=ChannelName.EMAIL)
    word = api.parts.endpoints.links.write(what)
    await api.http.get(f"/unsubscribe/{word}")
    assert (await ada.get("/me/notifications")).json()["email"] is True
    clicked = await api.http.post(f"/unsubscribe/{word}", data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200, clicked.text
    assert (await ada.get("/me/notifications")).json()["email"] is False


async def test_a_channel_can_be_for_the_time_in_which_nobody_is_online(ada: Person) -> None:
    offline = {"when": "offline"}
    said = await wish(ada, email=offline, web_push=offline)
    assert (said["email"], said["web_push"]) == (offline, offline)
    assert (await wish(ada, web_push=False))["web_push"] is False
    said = await wish(ada, email={"when": "always"}, web_push=True)
    assert (said["email"], said["web_push"]) == (True, True)
    refused = await ada.ask("PUT", "/me/notifications", {"email": {"when": "asleep"}})
    assert refused.status_code == 422
    refused = await ada.ask("PUT", "/me/notifications", {"webhook": offline})
    assert refused.status_code == 422


# Endpoints


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace_settings(
        settings, webhooks=WebhookSettings(allowed_networks=(ip_network("127.0.0.0/8"),))
    )


async def test_a_webhook_shows_its_secret_once(ada: Person, bob: Person) -> None:
    made = await ada.ask("POST", "/me/webhooks", {"url": "http://127.0.0.1:9999/told"})
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")
    [listed] = (await ada.get("/me/webhooks")).json()["items"]
    assert (listed["url"], listed["on"]) == ("http://127.0.0.1:9999/told", True)
    assert "secret" not in listed
    path = f"/me/webhooks/{listed['id']}"
    rotated = await ada.ask("POST", f"{path}/rotate")
    assert rotated.json()["secret"] != made.json()["secret"]
    assert (await bob.ask("DELETE", path)).status_code == 404
    assert (await ada.ask("DELETE", path)).json()["items"] == []
    assert (await ada.ask("DELETE", path)).status_code == 404


async def test_the_same_key_makes_one_webhook_with_one_secret(ada: Person) -> None:
    body = {"url": "http://127.0.0.1:9999/told"}
    made = [await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook") for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert len((await ada.get("/me/webhooks")).json()["items"]) == 1


async def test_a_repeated_request_shows_no_later_secret_and_none_of_what_is_gone(
    ada: Person,
) -> None:
    body = {"url": "http://127.0.0.1:9999/told"}
    made = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook")
    path = f"/me/webhooks/{made.json()['id']}"
    assert (await ada.ask("POST", f"{path}/rotate")).json()["secret"] != made.json()["secret"]
    again = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook")
    assert again.status_code == 201
    assert "secret" not in again.json()
    await ada.ask("DELETE", path)
    gone = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook")
    assert gone.status_code == 404


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Rival:
    """Another request that comes just before the next append of this process."""
    waiting: list[Callable[[], Awaitable[object]]] = []
    append = PostgresEventStore.append

    async def after_the_rival(
        store: PostgresEventStore, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        if waiting:
            await waiting.pop()()
        return await append(store, events, epoch=epoch)

    monkeypatch.setattr(PostgresEventStore, "append", after_the_rival)
    return waiting.append


async def test_a_request_that_lost_to_its_repetition_leaves_the_address_to_it(
    ada: Person, rival: Rival
) -> None:
    body = {"url": "http://127.0.0.1:9999/told"}
    won: list[Answer] = []

    async def repeat() -> None:
        won.append(await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook"))

    rival(repeat)
    lost = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook")
    assert (lost.status_code, lost.json()["type"]) == (409, "/problems/request-in-flight")
    assert won[0].status_code == 201
    [listed] = (await ada.get("/me/webhooks")).json()["items"]
    assert listed["url"] == body["url"]
    again = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook")
    assert again.json()["secret"] == won[0].json()["secret"]


async def test_an_address_that_a_refused_repetition_discarded_is_stored_again(
    api: Api, ada: Person, rival: Rival
) -> None:
    body = {"url": "http://127.0.0.1:9999/told"}
    addresses = api.parts.endpoints.addresses
    refused = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook", if_match='"7"')
    assert refused.status_code == 412
    name = api.parts.names.endpoint_id(str(await account_of(ada)), "hook")
    address = EndpointAddress(
        id=EndpointId(name),
        account=await account_of(ada),
        channel=ChannelName.WEBHOOK,
        address=body["url"],
        secrets=("whsec_of_the_refused",),
    )
    assert await addresses.keep(address)
    rival(lambda: addresses.discard(name))
    added = await ada.ask("POST", "/me/webhooks", body, idempotency_key="hook")
    assert added.status_code == 201, added.text
    [listed] = (await ada.get("/me/webhooks")).json()["items"]
    assert listed["url"] == body["url"]


async def test_a_refused_webhook_leaves_nothing_behind(ada: Person, settings: Settings) -> None:
    for number in range(10):
        made = await ada.ask("POST", "/me/webhooks", {"url": f"http://127.0.0.1:9999/{number}"})
        assert made.status_code == 201
    for number in range(3):
        refused = await ada.ask("POST", "/me/webhooks", {"url": f"http://127.0.0.1:9999/x{number}"})
        assert refused.status_code == 422
        assert "has 10 webhooks, the most that ANNALS_ENDPOINTS allows" in refused.json()["detail"]
    with psycopg.connect(settings.database.url_or_fail) as connection:
        assert connection.execute("SELECT count(*) FROM endpoints").fetchone() == (10,)


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://167772161/",
        "ftp://annals.example/",
        "https://user:password@annals.example/",
    ],
)
async def test_a_webhook_into_our_own_network_is_refused(ada: Person, url: str) -> None:
    refused = await ada.ask("POST", "/me/webhooks", {"url": url})
    assert refused.status_code == 422
    assert (await ada.get("/me/webhooks")).json()["items"] == []


async def test_a_browser_is_added_and_removed(ada: Person) -> None:
    body = {"endpoint": "https://127.0.0.1/push", "expirationTime": None, "keys": KEYS}
    made = await ada.ask("POST", "/me/push-subscriptions", body)
    assert made.status_code == 201, made.text
    listed = (await ada.get("/me/push-subscriptions")).json()
    assert [each["host"] for each in listed["items"]] == ["127.0.0.1"]
    assert listed["public_key"] is None
    gone = await ada.ask("DELETE", f"/me/push-subscriptions/{made.json()['id']}")
    assert gone.json()["items"] == []


async def test_secrets_and_addresses_never_come_into_the_log(api: Api, ada: Person) -> None:
    made = await ada.ask("POST", "/me/webhooks", {"url": "http://127.0.0.1:9998/secret-path"})
    secret = made.json()["secret"]

    async def states(connection: Any) -> str:
        cursor = await connection.execute(
            "SELECT string_agg(convert_from(state, 'UTF8'), ' ') FROM stored_events"
        )
        return str((await cursor.fetchone())[0])

    log = await api.parts.queries.run(states)
    assert "endpoint.added" in log
    assert secret not in log
    assert "secret-path" not in log


# All notifications


async def request_mail(
    api: Api, person: Person, *then: AnyEvent, task: TaskId | None = None
) -> str:
    """Record a notification by mail and what became of it; return the position."""
    request = NotificationRequested(
        account_id=await account_of(person),
        channel=ChannelName.EMAIL,
        kind="reminder",
        cause=uuid4(),
        occurred_at=datetime.now(UTC),
        task_id=task,
        title="Water the plants",
    )
    stream = uuid4()
    await api.record(history(request, *then, stream=stream, at=datetime.now(UTC)))
    return str((await api.recorded(stream))[-1].position)


async def test_notifications_are_listed_with_their_state_and_its_reason(
    api: Api, ada: Person, bob: Person, views: None
) -> None:
    task = TaskId(uuid4())
    retry = datetime(2099, 1, 1, tzinfo=UTC)
    failed = NotificationFailed(attempt=1, reason="No answer.", permanent=False, retry_at=retry)
    dead = NotificationDeadLettered(reason="No answer.")
    await wish(ada, language="de", timezone="Europe/Berlin")
    await request_mail(api, bob)
    await request_mail(api, ada, task=task)
    await request_mail(api, ada, NotificationSent(attempt=1))
    await request_mail(api, ada, failed)
    await request_mail(api, ada, failed, dead)
    await request_mail(api, ada, NotificationSuppressed(why=DeliveryReason.ONLINE))
    _, position = await tell(api, ada, "Pay")
    seen = {"annals_min_position": str(position)}
    listed = (await ada.get("/notifications", **seen)).json()["items"]
    found = [(each["channel"], each["state"], each["reason"]["code"]) for each in listed]
    assert found == [
        ("in_app", "sent", "in_inbox"),
        ("email", "suppressed", "online"),
        ("email", "dead", "dead_letter"),
        ("email", "failed", "retrying"),
        ("email", "sent", "sent"),
        ("email", "requested", "queued"),
        ("email", "requested", "queued"),  # the mail that confirms the address of the account
    ]
    assert listed[3]["attempts"] == 1
    assert listed[3]["reason"]["text"] == (
        "Der letzte Versuch ist gescheitert (No answer); der nächste folgt um 2099-01-01 01:00"
        " (Europe/Berlin)."
    )
    for question, expected in (
        ("channel=in_app", found[:1]),
        ("state=failed", found[3:4]),
        ("state=requested", found[5:]),
        (f"task={task}", found[5:6]),
        (f"task={uuid4()}", []),
        ("channel=email&state=dead", found[2:3]),
    ):
        some = (await ada.get(f"/notifications?{question}")).json()["items"]
        assert [(e["channel"], e["state"], e["reason"]["code"]) for e in some] == expected
    first = (await ada.get("/notifications?limit=4")).json()
    rest = (await ada.get(f"/notifications?limit=4&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [e["id"] for e in listed]
    assert rest["next_cursor"] is None
    other = await ada.get(f"/notifications?state=dead&cursor={first['next_cursor']}")
    assert other.status_code == 422
    assert (await ada.get("/notifications?state=lost")).status_code == 422


# The inbox


async def tell(
    api: Api, person: Person, title: str, *, due_on: date | None = None
) -> tuple[str, int]:
    request = NotificationRequested(
        account_id=await account_of(person),
        channel=ChannelName.IN_APP,
        kind="reminder",
        cause=uuid4(),
        occurred_at=datetime.now(UTC),
        title=title,
        due_on=due_on,
    )
    command = RequestNotification(notification_id=NotificationId(uuid4()), request=request)
    receipt = await api.parts.commands.handle(command, replace(SYSTEM, now=datetime.now(UTC)))
    return str(command.notification_id), receipt.position


async def test_the_inbox_names_the_day_on_which_a_task_is_due(
    api: Api, ada: Person, views: None
) -> None:
    _, position = await tell(api, ada, "Pay", due_on=date(2030, 1, 31))
    (entry,) = (await ada.get("/inbox", annals_min_position=str(position))).json()["items"]
    assert (entry["due_on"], entry["due_at"]) == ("2030-01-31", None)


async def test_the_inbox_counts_marks_and_pages(
    api: Api, ada: Person, bob: Person, settings: Settings
) -> None:
    async with projecting(settings):
        told = [await tell(api, ada, f"Task {number}") for number in range(3)]
        seen = {"annals_min_position": str(told[-1][1])}
        first = (await ada.get("/inbox?limit=2", **seen)).json()
        rest = (await ada.get(f"/inbox?limit=2&cursor={first['next_cursor']}")).json()
        titles = [entry["title"] for entry in first["items"] + rest["items"]]
        assert titles == ["Task 2", "Task 1", "Task 0"]
        assert first["unread"] == 3
        assert (await bob.ask("POST", f"/inbox/{told[0][0]}/read")).status_code == 404
        read = await ada.ask("POST", f"/inbox/{told[0][0]}/read")
        seen = {"annals_min_position": read.headers["annals-position"]}
        assert (await ada.get("/inbox?unread=true", **seen)).json()["unread"] == 2
        every = await ada.ask("POST", "/inbox/read-all")
        seen = {"annals_min_position": every.headers["annals-position"]}
        assert (await ada.get("/inbox", **seen)).json()["unread"] == 0
        new = await ada.ask("POST", f"/inbox/{told[1][0]}/unread")
        seen = {"annals_min_position": new.headers["annals-position"]}
        unread = (await ada.get("/inbox?unread=true", **seen)).json()
        assert [entry["title"] for entry in unread["items"]] == ["Task 1"]
        every = await ada.ask("POST", "/inbox/read-all")
        seen = {"annals_min_position": every.headers["annals-position"]}
        assert (await ada.get("/inbox", **seen)).json()["unread"] == 0
        assert (await bob.get("/inbox")).json() == {"items": [], "unread": 0, "next_cursor": None}


# Dead letters


async def test_dead_letters_are_for_administrators(
    api: Api, ada: Person, bob: Person, settings: Settings
) -> None:
    grant = GrantRole(account_id=await account_of(bob), role=Role.ADMIN)
    await api.parts.commands.handle(grant, SYSTEM)
    admin = await api.log_in("bob")
    assert (await ada.get("/admin/dead-letters")).status_code == 403
    dead = uuid4()
    await api.record(
        history(
            NotificationRequested(
                account_id=await account_of(ada),
                channel=ChannelName.EMAIL,
                kind="reminder",
                cause=uuid4(),
                occurred_at=datetime.now(UTC),
            ),
            NotificationFailed(attempt=1, reason="550", permanent=True),
            NotificationDeadLettered(reason="550"),
            stream=dead,
        )
    )
    async with projecting(settings):

        async def listed() -> list[str]:
            found = (await admin.get("/admin/dead-letters")).json()["items"]
            return [row["id"] for row in found]

        while await listed() != [str(dead)]:  # noqa: ASYNC110 - the suite has a deadline
            await asyncio.sleep(0.02)
        shown = (await admin.get(f"/admin/dead-letters/{dead}")).json()
        assert [step["event"]["type"] for step in shown["steps"]][-1] == (
            "notification.dead_lettered"
        )
        gone = await admin.ask("POST", f"/admin/dead-letters/{dead}/discard")
        assert gone.json()["state"] == "discarded"
        again = await admin.ask("POST", f"/admin/dead-letters/{dead}/retry")
        assert again.json()["state"] == "pending"
        assert (await admin.ask("POST", f"/admin/dead-letters/{dead}/discard")).status_code == 409
        assert (await admin.ask("POST", f"/admin/dead-letters/{uuid4()}/retry")).status_code == 404
