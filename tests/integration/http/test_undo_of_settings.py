"""Undo over HTTP of what a person has beside tasks: settings, webhooks, searches, the inbox."""

from dataclasses import replace as replace_settings
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest

from application.command import Context
from application.commands.notifications import RequestNotification
from domain.events.notifications import NotificationRequested
from domain.vocabulary import ChannelName, NotificationId
from infrastructure.config.notifying import WebhookSettings
from infrastructure.config.settings import Settings
from projections.views.audit_trail import changes
from tests.support.accounts import account_of
from tests.support.api import Answer, Api, Person
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

HOOK = {"url": "http://127.0.0.1:9999/told"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace_settings(
        settings, webhooks=WebhookSettings(allowed_networks=(ip_network("127.0.0.0/8"),))
    )


async def done(person: Person, *request: Any) -> Answer:
    answer = await person.ask(*request)
    assert answer.status_code < 300, answer.text
    return answer


async def undone(person: Person, change: Answer) -> Answer:
    return await done(person, "POST", f"/changes/{change.headers['annals-change']}/undo")


async def test_a_removed_webhook_comes_back_with_its_address_and_goes_again(
    api: Api, ada: Person, views: None
) -> None:
    await done(ada, "POST", "/me/webhooks", HOOK)
    [before] = (await ada.get("/me/webhooks")).json()["items"]
    removed = await done(ada, "DELETE", f"/me/webhooks/{before['id']}")
    back = await undone(ada, removed)
    assert back.json()["summary"] == "Undid: Removed a device or a webhook"
    assert (await ada.get("/me/webhooks")).json()["items"] == [before]
    await undone(ada, back)
    assert (await ada.get("/me/webhooks")).json()["items"] == []
    addresses = api.parts.endpoints.addresses
    assert await addresses.of_account(await account_of(ada)) == {}


async def test_an_added_webhook_is_removed_with_its_address(
    api: Api, ada: Person, views: None
) -> None:
    added = await done(ada, "POST", "/me/webhooks", HOOK)
    await undone(ada, added)
    assert (await ada.get("/me/webhooks")).json()["items"] == []
    assert await api.parts.endpoints.addresses.of_account(await account_of(ada)) == {}


async def test_a_webhook_whose_address_was_deleted_for_good_does_not_come_back(
    api: Api, ada: Person, views: None
) -> None:
    added = await done(ada, "POST", "/me/webhooks", HOOK)
    removed = await done(ada, "DELETE", f"/me/webhooks/{added.json()['id']}")
    await api.parts.endpoints.addresses.discard(added.json()["id"])
    change = removed.headers["annals-change"]
    refused = await ada.ask("POST", f"/changes/{change}/undo")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-undoable")
    assert "Add the webhook" in refused.json()["detail"]


async def test_a_rotated_secret_is_not_undone(ada: Person, views: None) -> None:
    added = await done(ada, "POST", "/me/webhooks", HOOK)
    rotated = await done(ada, "POST", f"/me/webhooks/{added.json()['id']}/rotate")
    refused = await ada.ask("POST", f"/changes/{rotated.headers['annals-change']}/undo")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-undoable")


async def test_a_saved_search_comes_back_and_its_filter_too(ada: Person, views: None) -> None:
    saved = await done(ada, "POST", "/searches", {"name": "Red", "filter": {"q": "red"}})
    path = f"/searches/{saved.json()['id']}"
    before = saved.json()
    changed = await done(ada, "PATCH", path, {"name": "Blue", "filter": {"q": "blue"}})
    await undone(ada, changed)
    gone = await done(ada, "DELETE", path)
    back = await undone(ada, gone)
    after = (await ada.get(path)).json()
    same = ("name", "filter", "created_at")
    assert [after[name] for name in same] == [before[name] for name in same]
    seen = {"annals_min_position": back.headers["annals-position"]}
    [listed] = (await ada.get("/searches", **seen)).json()["items"]
    assert listed["name"] == "Red"
    [first, *_] = (await ada.get("/changes", **seen)).json()["items"]
    assert [each["kind"] for each in first["streams"]] == ["search"]


async def test_a_name_and_an_address_are_put_back(ada: Person, views: None) -> None:
    name = (await ada.get("/auth/me")).json()["name"]
    await undone(ada, await done(ada, "PATCH", "/auth/me", {"name": "Countess"}))
    assert (await ada.get("/auth/me")).json()["name"] == name
    before = (await ada.get("/me/notifications")).json()
    address = {"address": "lovelace@annals.example"}
    await undone(ada, await done(ada, "PUT", "/me/notifications", address))
    assert (await ada.get("/me/notifications")).json() | {"version": 0} == before | {"version": 0}


async def test_marks_of_the_inbox_are_put_back(api: Api, ada: Person, views: None) -> None:
    notice = await told(api, ada)
    read = await done(ada, "POST", f"/inbox/{notice}/read")
    assert await unread(ada, await undone(ada, read)) == [notice]
    every = await done(ada, "POST", "/inbox/read-all")
    # Marked as new after all were read: without the mark it is read again.
    new = await done(ada, "POST", f"/inbox/{notice}/unread")
    assert await unread(ada, await undone(ada, new)) == []
    assert await unread(ada, await undone(ada, every)) == [notice]


async def told(api: Api, person: Person) -> str:
    request = NotificationRequested(
        account_id=await account_of(person),
        channel=ChannelName.IN_APP,
        kind="notice",
        cause=uuid4(),
        occurred_at=datetime.now(UTC),
        title="Water",
    )
    command = RequestNotification(notification_id=NotificationId(uuid4()), request=request)
    ours = Context(actor="system:test", now=datetime.now(UTC), correlation_id=uuid4())
    await api.parts.commands.handle(command, ours)
    return str(command.notification_id)


async def unread(person: Person, change: Answer) -> list[str]:
    seen = {"annals_min_position": change.headers["annals-position"]}
    found = (await person.get("/inbox?unread=true", **seen)).json()
    assert found["unread"] == len(found["items"])
    return [entry["id"] for entry in found["items"]]


async def test_a_token_undoes_only_what_it_could_have_done(ada: Person, views: None) -> None:
    wanted = {"name": "tasks", "scopes": ["tasks:read", "tasks:write"]}
    token = (await done(ada, "POST", "/auth/tokens", wanted)).json()["token"]
    for request, needed in (
        (("PUT", "/me/notifications", {"digest": True}), "notifications:write"),
        (("PATCH", "/auth/me", {"name": "Countess"}), "log in"),
    ):
        change = (await done(ada, *request)).headers["annals-change"]
        path = f"/changes/{change}/undo"
        refused = await ada.ask("POST", path, authorization=f"Bearer {token}")
        assert refused.status_code == 403, refused.text
        assert needed in refused.json()["detail"]
        assert (await ada.ask("POST", path)).status_code == 200


async def test_a_token_undoes_no_large_change_that_has_more_than_it_could_have_done(
    ada: Person, views: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_STREAMS", 1)  # that the row of a change names
    wanted = {"name": "tasks", "scopes": ["tasks:read", "tasks:write"]}
    token = (await done(ada, "POST", "/auth/tokens", wanted)).json()["token"]
    requests = [
        {"id": "task", "method": "POST", "url": "/tasks", "body": {"title": "Water"}},
        {
            "id": "digest",
            "method": "PUT",
            "url": "/me/notifications",
            "body": {"digest": True},
            "dependsOn": ["task"],
        },
    ]
    change = await done(ada, "POST", "/batch", {"requests": requests})
    path = f"/changes/{change.headers['annals-change']}/undo"
    refused = await ada.ask("POST", path, authorization=f"Bearer {token}")
    assert refused.status_code == 403, refused.text
    assert "notifications:write" in refused.json()["detail"]
    assert (await ada.ask("POST", path)).json()["remaining"] == 1
    await until(lambda: no_digest(ada))


async def no_digest(person: Person) -> bool:
    return (await person.get("/me/notifications")).json()["digest"] is False
