"""Searches are saved under a name, and used."""

import pytest

from tests.support.api import Person

pytestmark = pytest.mark.usefixtures("views")


async def test_a_saved_search_finds_its_tasks_and_parameters_override_it(
    ada: Person, bob: Person
) -> None:
    await ada.task("Buy milk", tags=["shop"], priority="high")
    await ada.task("Buy paint", tags=["Shop"])
    await ada.task("Sleep")
    wanted = {"tags": "shop", "sort": "-title"}
    saved = await ada.ask("POST", "/searches", {"name": "Shopping", "filter": wanted})
    assert saved.status_code == 201, saved.text
    body, position = saved.json(), saved.headers["annals-position"]
    assert {name: value for name, value in body["filter"].items() if value} == wanted

    async def found(query: str) -> list[str]:
        answer = await ada.get(f"/tasks?saved={body['id']}{query}", annals_min_position=position)
        assert answer.status_code == 200, answer.text
        return [task["title"] for task in answer.json()["items"]]

    assert await found("") == ["Buy paint", "Buy milk"]
    assert await found("&sort=title") == ["Buy milk", "Buy paint"]
    assert await found("&priority=high") == ["Buy milk"]
    listed = (await ada.get("/searches", annals_min_position=position)).json()["items"]
    assert listed == [body]
    assert (await bob.get(f"/tasks?saved={body['id']}")).status_code == 404
    assert (await bob.get(f"/searches/{body['id']}")).status_code == 404
    assert (await bob.get("/searches")).json()["items"] == []

    changed = await ada.ask(
        "PATCH", f"/searches/{body['id']}", {"name": "Done", "filter": {"overdue": True}}
    )
    assert changed.json()["name"] == "Done"
    assert changed.json()["filter"]["overdue"] is True
    assert changed.json()["filter"]["tags"] is None
    assert await found("") == []
    assert (await ada.ask("DELETE", f"/searches/{body['id']}")).status_code == 200
    assert (await ada.get(f"/searches/{body['id']}")).status_code == 404
    assert (await ada.get(f"/tasks?saved={body['id']}")).status_code == 404
    for wrong in (
        {"sort": "colour"},
        {"status": "done"},
        {"due_after": "tomorrow"},
        {"list": "garden"},
        {"tags": "a,,b"},
        {"colour": "red"},
        {"limit": 5},
        {"q": ""},
    ):
        answer = await ada.ask("POST", "/searches", {"name": "Wrong", "filter": wrong})
        assert answer.status_code == 422, (wrong, answer.text)
    answer = await ada.ask("POST", "/searches", {"name": "\u200b", "filter": {}})
    assert answer.status_code == 422
