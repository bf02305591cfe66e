"""Undo over HTTP: a change is put back by a change, or refused with what happened since."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from application.reactions import undo_reaction
from interfaces.http.protocol.uuid7 import uuid7
from projections.views.audit_trail import changes
from tests.support.api import Answer, Person, projecting, running_api, settings_for
from tests.support.waiting import until

DUE = "2030-01-01T09:00:00+01:00"


async def undo(person: Person, change: Any, query: str = "", **headers: str) -> Answer:
    named = change.headers["annals-change"] if isinstance(change, Answer) else change
    return await person.ask("POST", f"/changes/{named}/undo{query}", **headers)


async def state(person: Person, task: str) -> dict[str, Any]:
    """The task without what says when it was recorded."""
    found: dict[str, Any] = (await person.get(f"/tasks/{task}")).json()
    return {name: found.get(name) for name in found if name not in {"version", "updated_at"}}


async def done(person: Person, *request: Any) -> Answer:
    answer = await person.ask(*request)
    assert answer.status_code < 300, answer.text
    return answer


async def test_a_change_is_undone_right_after_its_answer_and_made_again(
    ada: Person, views: None
) -> None:
    task = (await ada.task(tags=["b", "a"], due_at=DUE, estimate="PT1H"))["id"]
    before = await state(ada, task)
    wish = {"title": "Drown", "tags": ["a", "c"], "due_on": "2030-02-01", "estimate": None}
    change = await done(ada, "PATCH", f"/tasks/{task}", wish)
    after = await state(ada, task)
    undone = await undo(ada, change)
    assert undone.status_code == 200, undone.text
    body = undone.json()
    assert body["id"] == undone.headers["annals-change"]
    assert body["undoes"] == change.headers["annals-change"]
    assert body["summary"].startswith("Undid: ")
    assert (body["left"], body["notice"]) == ([], None)
    assert await state(ada, task) == before
    made = (await ada.get(f"/changes/{body['id']}")).json()
    assert (made["via"], made["undoes"], made["state"]) == ("undo", body["undoes"], "done")
    was = (await ada.get(f"/changes/{body['undoes']}")).json()
    assert (was["state"], was["undone_by"]) == ("undone", body["id"])
    redone = await undo(ada, undone)
    assert redone.status_code == 200, redone.text
    assert await state(ada, task) == after
    again = (await ada.get(f"/changes/{redone.json()['id']}")).json()
    assert again["redoes"] == body["undoes"]
    assert (await ada.get(f"/changes/{body['undoes']}")).json()["state"] == "done"


async def test_a_repeated_undo_is_answered_in_the_same_bytes_whatever_the_view_shows(
    ada: Person, views: None
) -> None:
    task = (await ada.task(title="Water"))["id"]
    change = await done(ada, "PATCH", f"/tasks/{task}", {"title": "Drown"})
    first = await undo(ada, change, idempotency_key="again")
    assert first.json()["summary"] == "Undid: Changed “Drown”"
    redone = await undo(ada, first, idempotency_key="and again")
    assert redone.json()["summary"] == "Redid: Changed “Drown”"
    for name in ("Flood", "Dry"):
        renamed = await done(ada, "PATCH", f"/tasks/{task}", {"title": name})
        shown = renamed.headers["annals-position"]
        assert (await ada.get("/tasks", annals_min_position=shown)).status_code == 200
        repeated = await undo(ada, change, idempotency_key="again")
        assert repeated.headers["idempotency-replayed"] == "true"
        assert repeated.content == first.content
        assert (await undo(ada, first, idempotency_key="and again")).content == redone.content


async def test_a_reopened_task_is_completed_again_when_it_was(ada: Person, views: None) -> None:
    task = (await ada.task())["id"]
    await done(ada, "POST", f"/tasks/{task}/complete")
    before = await state(ada, task)
    change = await done(ada, "POST", f"/tasks/{task}/reopen")
    assert (await undo(ada, change)).status_code == 200
    assert await state(ada, task) == before
    await until(lambda: listed_as(ada, before))


async def listed_as(person: Person, task: dict[str, Any]) -> bool:
    found = (await person.get("/tasks?status=completed")).json()["items"]
    return [item["completed_at"] for item in found] == [task["completed_at"]]


async def test_a_created_task_is_deleted_and_comes_back(ada: Person, views: None) -> None:
    created = await done(ada, "POST", "/tasks", {"title": "Water", "due_at": DUE})
    task = created.json()["id"]
    before = await state(ada, task)
    undone = await undo(ada, created)
    assert undone.status_code == 200
    assert (await ada.get(f"/tasks/{task}")).json()["type"] == "/problems/task-deleted"
    assert (await undo(ada, undone)).status_code == 200
    assert await state(ada, task) == before


async def test_a_completion_takes_the_next_occurrence_along(ada: Person, views: None) -> None:
    task = (await ada.task(due_at=DUE))["id"]
    rule = {"rrule": "FREQ=DAILY", "timezone": "Europe/Berlin", "reminders": ["PT1H"]}
    await done(ada, "PUT", f"/tasks/{task}/recurrence", rule)
    before, series = await state(ada, task), await recurrence(ada, task)
    change = await done(ada, "POST", f"/tasks/{task}/complete")
    await until(lambda: so_many_open(ada, 1, not_this=task))
    undone = await undo(ada, change)
    assert undone.status_code == 200, undone.text
    assert await state(ada, task) == before
    assert await recurrence(ada, task) == series
    await until(lambda: so_many_open(ada, 0, not_this=task))
    again = await done(ada, "POST", f"/tasks/{task}/complete")
    assert again.headers["annals-change"] != change.headers["annals-change"]
    await until(lambda: so_many_open(ada, 1, not_this=task))


async def recurrence(person: Person, task: str) -> Any:
    found = (await person.get(f"/tasks/{task}/recurrence")).json()
    return {name: value for name, value in found["series"].items() if name != "version"}


async def so_many_open(person: Person, count: int, *, not_this: str) -> bool:
    found = (await person.get("/tasks?status=open")).json()["items"]
    return len([item for item in found if item["id"] != not_this]) == count


async def test_what_was_changed_again_since_refuses_an_undo_and_says_so(
    ada: Person, views: None
) -> None:
    task = (await ada.task())["id"]
    change = await done(ada, "PATCH", f"/tasks/{task}", {"title": "one", "priority": "high"})
    await done(ada, "PATCH", f"/tasks/{task}", {"description": "elsewhere"})
    await done(ada, "PATCH", f"/tasks/{task}", {"title": "two"})
    refused = await undo(ada, change)
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["type"] == "/problems/cannot-undo"
    assert problem["clashes"] == ["title"]
    assert [event["changes"] for event in problem["meanwhile"]] == [
        {"description": {"before": "", "after": "elsewhere"}},
        {"title": {"before": "one", "after": "two"}},
    ]
    assert problem["meanwhile"][1]["words"] == "Changed the task"
    assert "annals-change" not in refused.headers
    forced = await undo(ada, change, "?force=fields", idempotency_key="again")
    assert forced.status_code == 200, forced.text
    assert forced.json()["left"] == [{"stream": task, "fields": ["title"]}]
    found = await state(ada, task)
    assert (found["title"], found["priority"]) == ("two", "medium")
    repeated = await undo(ada, change, "?force=fields", idempotency_key="again")
    assert repeated.headers["idempotency-replayed"] == "true"
    assert repeated.json() == forced.json()


async def test_tags_are_put_back_one_by_one(ada: Person, views: None) -> None:
    task = (await ada.task(tags=["a"]))["id"]
    change = await done(ada, "POST", f"/tasks/{task}/tags", {"tags": ["b"]})
    await done(ada, "POST", f"/tasks/{task}/tags", {"tags": ["c"]})
    assert (await undo(ada, change)).status_code == 200
    assert (await state(ada, task))["tags"] == ["a", "c"]


async def test_a_change_is_undone_once_however_often_it_is_asked_for(
    ada: Person, views: None
) -> None:
    task = (await ada.task())["id"]
    change = await done(ada, "POST", f"/tasks/{task}/complete")
    answers = await asyncio.gather(*(undo(ada, change) for _ in range(10)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200, *[409] * 9]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["type"] == "/problems/cannot-undo"
    assert "Nothing is left to undo" in refused["detail"]
    assert len((await ada.get(f"/tasks/{task}/history")).json()["items"]) <= 3
    [again] = [event for event in refused["meanwhile"] if event["type"] == "task.reopened"]
    assert again["change_id"] == change_of_winner(answers)


def change_of_winner(answers: list[Answer]) -> str:
    found: str = next(answer for answer in answers if answer.status_code == 200).json()["id"]
    return found


async def test_a_repeated_undo_gets_the_same_answer(ada: Person, views: None) -> None:
    task = (await ada.task())["id"]
    change = await done(ada, "DELETE", f"/tasks/{task}")
    # The words name the task as the view knows it.
    position = change.headers["annals-position"]
    assert (await ada.get("/changes", annals_min_position=position)).status_code == 200
    first, again = [await undo(ada, change, idempotency_key="k") for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["annals-change"] == first.headers["annals-change"]


async def test_a_change_of_somebody_else_or_of_nobody_cannot_be_undone(
    ada: Person, bob: Person, views: None
) -> None:
    change = await done(ada, "POST", "/tasks", {"title": "Water"})
    for unknown in (change, uuid4(), uuid7()):
        refused = await undo(bob, unknown)
        assert refused.status_code == 404
        assert refused.json()["type"] == "/problems/change-not-found"


@pytest.mark.parametrize(
    "request_",
    [
        ("POST", "/auth/tokens", {"name": "backup", "scopes": ["tasks:read"]}),
        ("POST", "/auth/me/verification", None),
        ("POST", "/calendar", None),
    ],
    ids=["token", "address of the account", "calendar"],
)
async def test_what_protects_an_account_is_not_undone_and_the_refusal_says_what_to_do(
    ada: Person, views: None, request_: tuple[Any, ...]
) -> None:
    made = await done(ada, *request_)
    change = made.headers["annals-change"]
    refused = await undo(ada, change)
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"] == "/problems/not-undoable"
    assert refused.json()["detail"].startswith("This change is not undone. ")


async def test_preferences_are_put_back(ada: Person, views: None) -> None:
    before = (await ada.get("/me/notifications")).json()
    change = await done(ada, "PUT", "/me/notifications", {"timezone": "Asia/Tokyo"})
    assert (await undo(ada, change)).status_code == 200
    after = (await ada.get("/me/notifications")).json()
    assert after | {"version": 0} == before | {"version": 0}


async def test_a_token_without_the_scope_cannot_undo(ada: Person, views: None) -> None:
    made = await ada.ask("POST", "/auth/tokens", {"name": "reader", "scopes": ["tasks:read"]})
    change = await done(ada, "POST", "/tasks", {"title": "Water"})
    refused = await undo(ada, change, authorization=f"Bearer {made.json()['token']}")
    assert refused.status_code == 403


async def test_a_bulk_change_and_a_batch_are_undone_as_one(ada: Person, views: None) -> None:
    batch = {
        "requests": [
            {"id": str(n), "method": "POST", "url": "/api/v1/tasks", "body": {"title": f"task {n}"}}
            for n in range(20)
        ]
    }
    made = await done(ada, "POST", "/batch", batch)
    ids = [each["body"]["id"] for each in made.json()["responses"]]
    changed = await done(
        ada, "POST", "/tasks/bulk", {"ids": ids, "change": {"complete": True, "add_tags": ["x"]}}
    )
    undone = await undo(ada, changed)
    assert undone.status_code == 200, undone.text
    states = [await state(ada, each) for each in ids]
    assert {(each["status"], *each["tags"]) for each in states} == {("open",)}
    gone = await undo(ada, made)
    assert gone.status_code == 200, gone.text
    found = (await ada.get(f"/changes/{gone.json()['id']}")).json()
    assert found["summary"] == "Undid: Created 20 tasks"
    assert found["stream_count"] == 20
    assert [(await ada.get(f"/tasks/{each}")).status_code for each in ids] == [404] * 20


async def test_a_deleted_list_comes_back_with_its_tasks(ada: Person, views: None) -> None:
    home = (await done(ada, "POST", "/lists", {"name": "Home"})).json()["id"]
    task = (await ada.task(list_id=home))["id"]
    change = await done(ada, "DELETE", f"/lists/{home}?tasks=delete")
    await until(lambda: is_deleted(ada, task))
    undone = await undo(ada, change)
    assert undone.status_code == 200, undone.text
    assert (await state(ada, task))["list_id"] == home
    assert (await ada.get(f"/lists/{home}")).status_code == 200


async def is_deleted(person: Person, task: str) -> bool:
    return (await person.get(f"/tasks/{task}")).status_code == 404


async def test_each_undo_in_a_batch_is_a_change_of_its_own(ada: Person, views: None) -> None:
    made = [await done(ada, "POST", "/tasks", {"title": title}) for title in ("a", "b")]
    changes = [each.headers["annals-change"] for each in made]
    batch = {
        "requests": [
            {"id": "new", "method": "POST", "url": "/tasks", "body": {"title": "c"}},
            *({"id": each, "method": "POST", "url": f"/changes/{each}/undo"} for each in changes),
        ]
    }
    answer = await done(ada, "POST", "/batch", batch)
    created, *undone = answer.json()["responses"]
    assert created["headers"]["Annals-Change"] == answer.headers["annals-change"]
    ids, seen = [each["body"]["id"] for each in undone], answer.headers["annals-position"]
    assert len({answer.headers["annals-change"], *ids}) == 3
    for change, undo_id in zip(changes, ids, strict=True):
        was, by = [
            (await ada.get(f"/changes/{each}", annals_min_position=seen)).json()
            for each in (change, undo_id)
        ]
        assert (was["state"], was["undone_by"]) == ("undone", undo_id)
        assert (by["via"], by["undoes"]) == ("undo", change)
    assert (await undo(ada, ids[1])).status_code == 200
    tasks = [each.json()["id"] for each in made]
    assert [(await ada.get(f"/tasks/{each}")).status_code for each in tasks] == [404, 200]


async def test_a_change_of_very_many_tasks_is_undone_in_pieces(
    ada: Person, views: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_STREAMS", 5)  # that the row of a change names
    monkeypatch.setattr(undo_reaction, "STREAMS_AT_ONCE", 3)
    home = (await done(ada, "POST", "/lists", {"name": "Home"})).json()["id"]
    tasks = [(await ada.task(list_id=home))["id"] for _ in range(12)]
    await until(lambda: so_many_tasks(ada, home, 12))
    change = await done(ada, "DELETE", f"/lists/{home}?tasks=delete")
    await until(lambda: so_many_tasks(ada, home, 0))
    undone = await undo(ada, change)
    assert (undone.status_code, undone.json()["remaining"]) == (200, 8)
    await until(lambda: so_many_tasks(ada, home, 12))
    assert {(await state(ada, each))["list_id"] for each in tasks} == {home}
    assert (await undo(ada, undone)).status_code == 200
    await until(lambda: so_many_tasks(ada, home, 0))


async def so_many_tasks(person: Person, list_id: str, count: int) -> bool:
    found = (await person.get(f"/tasks?list={list_id}&limit=100")).json()["items"]
    return len(found) == count


async def test_an_undo_needs_room_for_what_it_brings_back(database_url: str, keys: Path) -> None:
    settings = settings_for(database_url, keys, lists=1)
    async with running_api(settings) as api, projecting(settings):
        ada = await api.person("ada")
        home = (await done(ada, "POST", "/lists", {"name": "Home"})).json()["id"]
        gone = await done(ada, "DELETE", f"/lists/{home}")

        async def there_is_room() -> bool:
            return (await ada.ask("POST", "/lists", {"name": "Work"})).status_code == 201

        await until(there_is_room)
        refused = await undo(ada, gone)
        assert refused.json()["type"] == "/problems/quota-exceeded", refused.text
        assert "ANNALS_LISTS" in refused.json()["detail"]
