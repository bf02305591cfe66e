"""Lists over HTTP: their routes, the tasks in them, and what becomes of those."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from domain.vocabulary import ListId
from infrastructure.config.settings import Settings
from infrastructure.following.read_your_writes import PostgresViewWaiter
from tests.support.api import Answer, Api, Person, projecting
from tests.support.waiting import until


async def a_list(person: Person, name: str, **fields: Any) -> dict[str, Any]:
    answer = await person.ask("POST", "/lists", {"name": name} | fields)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/lists/{answer.json()['id']}"
    return dict(answer.json())


async def all_lists(person: Person, after: Answer | None = None, query: str = "") -> list[Any]:
    position = after.headers["Annals-Position"] if after is not None else "0"
    answer = await person.get(f"/lists{query}", annals_min_position=position)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def titles(person: Person, query: str, after: Answer) -> set[str]:
    answer = await person.get(
        f"/tasks?{query}", annals_min_position=after.headers["Annals-Position"]
    )
    assert answer.status_code == 200, answer.text
    return {task["title"] for task in answer.json()["items"]}


async def reaction_reached(api: Api, position: str) -> None:
    """Wait until the reaction to deleted lists, and then the view, have come so far."""
    waiter = api.parts.views
    assert isinstance(waiter, PostgresViewWaiter)
    assert await waiter.until("empty_deleted_lists", int(position), timeout_seconds=30)


async def test_lists_are_created_renamed_ordered_and_archived(
    ada: Person, bob: Person, views: None
) -> None:
    home, work = await a_list(ada, "Home"), await a_list(ada, "Work")
    last = await ada.ask("POST", "/lists", {"name": "Between"})
    assert [each["name"] for each in await all_lists(ada, last)] == ["Home", "Work", "Between"]
    between = last.json()
    middle = (home["position"] + work["position"]) / 2
    moved = await ada.ask("PATCH", f"/lists/{between['id']}", {"position": middle, "name": "Mid"})
    assert (moved.status_code, moved.headers["ETag"]) == (200, '"3"')
    archived = await ada.ask("POST", f"/lists/{work['id']}/archive")
    shown = await all_lists(ada, archived, "?archived=false&count=true")
    assert [(each["name"], each["tasks"]) for each in shown] == [("Home", 0), ("Mid", 0)]
    assert [each["name"] for each in await all_lists(ada, None, "?archived=true")] == ["Work"]
    assert await all_lists(bob) == []
    refused = await bob.get(f"/lists/{home['id']}")
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/list-not-found")
    known = (await ada.get(f"/lists/{home['id']}")).headers["ETag"]
    assert (await ada.get(f"/lists/{home['id']}", if_none_match=known)).status_code == 304
    stale = await ada.ask("PATCH", f"/lists/{between['id']}", {"name": "x"}, if_match='"1"')
    assert stale.status_code == 412


async def test_tasks_are_found_by_their_list(ada: Person, bob: Person, views: None) -> None:
    home, work = await a_list(ada, "Home"), await a_list(ada, "To do")
    await ada.task("Sweep", list_id=home["id"])
    free = await ada.task("Wander")
    moved = await ada.ask("PATCH", f"/tasks/{free['id']}", {"list_id": work["id"]})
    assert moved.json()["list_id"] == work["id"]
    last = await ada.ask("POST", "/tasks/quick", {"text": "Plan mail to bob@work.example @todo"})
    assert last.status_code == 201, last.text
    # The view of the lists may lag behind: without the list, the word stays title.
    after = await ada.ask("POST", "/tasks", {"title": "Free", "list_id": None})
    assert await titles(ada, f"list={home['id']}", after) == {"Sweep"}
    assert "Wander" in await titles(ada, f"list={work['id']}", after)
    assert "Free" in await titles(ada, "list=none", after)
    for wrong in (bob, ada):
        stranger = home["id"] if wrong is bob else str(UUID(int=5))
        refused = await wrong.ask("POST", "/tasks", {"title": "x", "list_id": stranger})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "list_id"
    assert (await ada.get("/tasks?list=garden")).status_code == 422


async def test_quick_add_knows_the_lists_there_are(ada: Person, views: None) -> None:
    made = await ada.ask("POST", "/lists", {"name": "To do"})
    position = made.headers["Annals-Position"]
    text = "Call @bob tomorrow @to-do"
    draft = await ada.get(f"/tasks/quick?text={text}", annals_min_position=position)
    assert (draft.json()["title"], draft.json()["list_id"]) == ("Call @bob", made.json()["id"])
    task = await ada.ask("POST", "/tasks/quick", {"text": text}, annals_min_position=position)
    assert task.json()["list_id"] == made.json()["id"]


async def test_deleting_a_list_asks_what_becomes_of_its_tasks(
    ada: Person, api: Api, views: None
) -> None:
    home, other = await a_list(ada, "Home"), await a_list(ada, "Other")
    due = "2030-01-31T18:00:00Z"
    recurrence = {"rrule": "FREQ=DAILY", "timezone": "UTC"}
    daily = await ada.task("Daily", list_id=home["id"], due_at=due, recurrence=recurrence)
    last = await ada.ask("POST", "/tasks", {"title": "Sweep", "list_id": home["id"]})
    position = last.headers["Annals-Position"]
    path = f"/lists/{home['id']}"
    asked = await ada.ask("DELETE", path, annals_min_position=position)
    assert (asked.status_code, asked.json()["type"]) == (409, "/problems/list-not-empty")
    assert "2 tasks" in asked.json()["detail"]
    assert (await ada.ask("DELETE", f"{path}?tasks=move")).status_code == 422
    deleted = await ada.ask("DELETE", f"{path}?tasks=move&to={other['id']}")
    assert deleted.status_code == 200, deleted.text
    assert (await ada.get(path)).status_code == 404
    late = await ada.ask("POST", "/tasks", {"title": "Late", "list_id": home["id"]})
    assert late.status_code == 422
    await reaction_reached(api, deleted.headers["Annals-Position"])
    sweep = await ada.get(f"/tasks/{last.json()['id']}")
    assert sweep.json()["list_id"] == other["id"]
    completed = await ada.ask("POST", f"/tasks/{daily['id']}/complete")
    await reaction_reached(api, completed.headers["Annals-Position"])
    series = (await ada.get(f"/tasks/{daily['id']}/recurrence")).json()["series"]
    assert series["list_id"] == other["id"]
    empty = await a_list(ada, "Empty")
    assert (await ada.ask("DELETE", f"/lists/{empty['id']}")).status_code == 200


async def has_left(person: Person, task_id: str) -> bool:
    return (await person.get(f"/tasks/{task_id}")).json()["list_id"] is None


@pytest.mark.parametrize("interrupted", [False, True], ids=["at once", "killed on the way"])
async def test_many_tasks_leave_a_deleted_list_whatever_happens_meanwhile(
    ada: Person, api: Api, settings: Settings, interrupted: bool
) -> None:
    home = ListId(UUID((await a_list(ada, "Home"))["id"]))
    first = (await ada.task("Task 0", list_id=str(home)))["id"]
    for n in range(1, 60):
        await ada.task(f"Task {n}", list_id=str(home))
    deleted = await ada.ask("DELETE", f"/lists/{home}?tasks=keep")
    position = deleted.headers["Annals-Position"]
    if interrupted:
        async with projecting(settings):
            await until(partial(has_left, ada, first))
    async with projecting(settings):
        await reaction_reached(api, position)
        last = await ada.ask("POST", "/tasks", {"title": "after"})
        assert await titles(ada, f"list={home}", last) == set()
        assert len(await titles(ada, "list=none&limit=100", last)) == 61
