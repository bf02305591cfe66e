"""A bulk change changes what its filter or its ids say, task by task."""

from typing import Any
from uuid import UUID

from tests.support.api import Answer, Api, Person


async def bulk(person: Person, *, position: int | str = 0, key: str = "", **body: Any) -> Answer:
    headers = {"annals_min_position": str(position)}
    if key:
        headers["idempotency_key"] = key
    return await person.ask("POST", "/tasks/bulk", body, **headers)


async def some_tasks(person: Person) -> tuple[list[dict[str, Any]], int]:
    """Three tasks, due at a moment, on a day and never; and the position of the last."""
    await person.task("Sweep", due_at="2030-03-30T17:00:00Z", tags=["home"])
    await person.task("Dust", due_on="2030-02-28", tags=["home", "dry"])
    last = await person.ask("POST", "/tasks", {"title": "Mop", "tags": ["home"]})
    position = int(last.headers["Annals-Position"])
    page = await person.get("/tasks?sort=created_at", annals_min_position=str(position))
    return list(page.json()["items"]), position


async def now(person: Person, task: dict[str, Any]) -> dict[str, Any]:
    return dict((await person.get(f"/tasks/{task['id']}?at=2100-01-01T00:00:00Z")).json())


async def test_tasks_of_a_filter_are_shown_first_and_then_changed(ada: Person, views: None) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "Europe/Berlin"})
    tasks, position = await some_tasks(ada)
    other = await ada.task("Wander")
    change = {"add_tags": ["spring"], "remove_tags": ["dry"], "shift_due": "P1D"}
    asked: dict[str, Any] = {"filter": {"tags": ["home"], "overdue": False}, "change": change}
    shown = (await bulk(ada, position=position, **asked, dry_run=True)).json()
    assert (shown["matched"], shown["done"], shown["failed"]) == (3, 3, [])
    by_title = {each["title"]: each["changes"] for each in shown["examples"]}
    # The clocks change on that day in Berlin: the time on the wall stays.
    moved = {"before": "2030-03-30T17:00:00Z", "after": "2030-03-31T16:00:00Z"}
    assert by_title["Sweep"]["due_at"] == moved
    assert by_title["Dust"]["due_on"] == {"before": "2030-02-28", "after": "2030-03-01"}
    assert by_title["Dust"]["tags"] == {"before": ["home", "dry"], "after": ["home", "spring"]}
    assert by_title["Mop"].keys() == {"tags"}
    assert [(await now(ada, each))["version"] for each in tasks] == [
        each["version"] for each in tasks
    ]
    answer = await bulk(ada, position=position, **asked)
    done = answer.json()
    assert done | {"dry_run": True} == shown
    after = {each["title"]: await now(ada, each) for each in tasks}
    assert after["Sweep"]["due_at"] == "2030-03-31T16:00:00Z"
    assert after["Dust"]["tags"] == ["home", "spring"]
    assert (await now(ada, other))["version"] == 1
    latest = await ada.get(
        "/tasks?tags=spring", annals_min_position=answer.headers["Annals-Position"]
    )
    assert len(latest.json()["items"]) == 3
    again = (
        await bulk(ada, ids=[each["id"] for each in tasks], change={"add_tags": ["spring"]})
    ).json()
    assert (again["done"], again["unchanged"]) == (0, 3)


async def test_tasks_move_to_a_day_and_keep_their_time_of_day(ada: Person, views: None) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "Europe/Berlin"})
    tasks, _ = await some_tasks(ada)
    late = await ada.task("Lock up", due_at="2030-03-29T01:30:00Z")  # 2:30 in Berlin
    ids = [each["id"] for each in (*tasks, late)]
    asked: dict[str, Any] = {"ids": ids, "change": {"move_due": "2030-03-31"}}
    shown = (await bulk(ada, **asked, dry_run=True)).json()
    assert (shown["done"], shown["failed"]) == (4, [])
    moved = await bulk(ada, **asked)
    assert moved.json() | {"dry_run": True} == shown
    after = {each["title"]: await now(ada, each) for each in (*tasks, late)}
    due = {title: task["due_at"] or task["due_on"] for title, task in after.items()}
    assert due == {
        "Sweep": "2030-03-31T16:00:00Z",  # 18:00 as before: the clocks change on that day
        "Lock up": "2030-03-31T01:30:00Z",  # clocks skip 2:30
        "Dust": "2030-03-31",
        "Mop": "2030-03-31",
    }
    undone = await ada.ask("POST", f"/changes/{moved.headers['Annals-Change']}/undo")
    assert undone.status_code == 200, undone.text
    assert (await now(ada, late))["due_at"] == "2030-03-29T01:30:00Z"
    far = (await bulk(ada, ids=ids[:1], change={"move_due": "9999-12-31"})).json()
    assert far["failed"][0]["type"] == "/problems/date-out-of-range"


async def test_a_task_that_is_refused_keeps_no_other_from_changing(
    ada: Person, bob: Person
) -> None:
    mine, deleted, theirs = await ada.task(), await ada.task(), await bob.task()
    await ada.ask("DELETE", f"/tasks/{deleted['id']}")
    ids = [mine["id"], deleted["id"], theirs["id"], mine["id"]]
    found = (await bulk(ada, ids=ids, change={"title": "x", "complete": True})).json()
    assert (found["matched"], found["done"]) == (3, 1)
    assert {each["id"]: each["type"] for each in found["failed"]} == {
        deleted["id"]: "/problems/task-is-deleted",
        theirs["id"]: "/problems/task-not-found",
    }
    shown = await now(ada, mine)
    assert (shown["title"], shown["status"]) == ("x", "completed")
    restored = (await bulk(ada, ids=ids[:2], change={"restore": True, "title": "y"})).json()
    assert (restored["done"], restored["failed"]) == (2, [])
    assert (await now(ada, deleted))["status"] == "open"
    # A task changes as a whole or not at all.
    half = (
        await bulk(ada, ids=[mine["id"]], change={"title": "z", "list_id": str(UUID(int=1))})
    ).json()
    assert half["failed"][0]["type"] == "/problems/invalid"
    assert (await now(ada, mine))["title"] == "y"


async def test_a_bulk_change_is_one_request_in_the_log(ada: Person, api: Api) -> None:
    tasks = [await ada.task() for _ in range(3)]
    answer = await bulk(ada, ids=[each["id"] for each in tasks], change={"delete": True})
    events = [(await api.recorded(UUID(each["id"])))[-1] for each in tasks]
    assert len({event.correlation_id for event in events}) == 1
    assert {str(event.change_id) for event in events} == {answer.headers["Annals-Change"]}


async def test_no_task_is_changed_twice_under_a_key(ada: Person) -> None:
    task = await ada.task(due_on="2030-01-01")
    asked: dict[str, Any] = {"ids": [task["id"]], "change": {"shift_due": "-P1W"}}
    for _ in range(2):
        answer = await bulk(ada, key="k", **asked)
        assert (answer.json()["done"], answer.json()["failed"]) == (1, [])
    assert (await now(ada, task))["due_on"] == "2029-12-25"
    other = await bulk(ada, key="k", ids=[task["id"]], change={"shift_due": "P1D"})
    assert other.json()["failed"][0]["type"] == "/problems/key-reused"


async def test_a_bulk_change_that_makes_no_sense_is_refused(ada: Person, views: None) -> None:
    task, good = await ada.task(), {"add_tags": ["x"]}
    ids = [task["id"]]
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"change": good}, "filter"),
        ({"change": good, "ids": ids, "filter": {"q": "x"}}, "filter"),
        ({"change": good, "ids": []}, "ids"),
        ({"change": good, "filter": {}}, "filter"),
        ({"change": good, "filter": {"statsu": "open"}}, "filter.statsu"),
        ({"change": good, "filter": {"status": "opne"}}, "filter.status"),
        ({"change": good, "filter": {"q": "x", "limit": 5}}, "filter.limit"),
        ({"change": {}, "ids": ids}, "change"),
        ({"change": {"complete": True, "delete": True}, "ids": ids}, "change"),
        ({"change": {"move_due": "2030-01-01", "due_on": None}, "ids": ids}, "change"),
        ({"change": {"move_due": "tomorrow"}, "ids": ids}, "change.move_due"),
        ({"change": {"titel": "x"}, "ids": ids}, "change.titel"),
    ]
    for body, field in refusals:
        refused = await bulk(ada, **body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == field
    odd = (await bulk(ada, ids=ids, change={"shift_due": "soon"})).json()
    assert "not a duration" in odd["failed"][0]["detail"]
    assert (await now(ada, task))["version"] == 1


async def test_more_tasks_than_a_bulk_change_can_have_are_counted(ada: Person, views: None) -> None:
    position = 0
    for first in range(0, 1_001, 91):
        items = [
            {"id": str(n), "method": "POST", "url": "/tasks", "body": {"title": f"Task {n}"}}
            for n in range(first, first + 91)
        ]
        answer = await ada.ask("POST", "/batch", {"requests": items, "atomic": True})
        position = int(answer.headers["Annals-Position"])
    refused = await bulk(
        ada, position=position, filter={"status": "open"}, change={"complete": True}
    )
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("1001 tasks match; a bulk change has at most 1000")
    some = await bulk(ada, filter={"q": '"Task 7"'}, change={"complete": True})
    assert some.json()["done"] >= 1
