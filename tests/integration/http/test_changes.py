"""Changes over HTTP: every request that records something has an id, and is listed in words."""

from uuid import UUID, uuid4

from interfaces.http.protocol.uuid7 import uuid7
from tests.support.api import Answer, Person


def change_of(answer: Answer) -> str:
    return answer.headers["annals-change"]


async def completed(person: Person, title: str = "Water the plants") -> tuple[str, str]:
    """Complete a new task; return its id and the change."""
    task = await person.task(title)
    answer = await person.ask("POST", f"/tasks/{task['id']}/complete")
    return task["id"], change_of(answer)


async def test_what_records_something_has_a_change_and_what_records_nothing_has_none(
    ada: Person,
) -> None:
    created = await ada.ask("POST", "/tasks", {"title": "Water"})
    done = f"/tasks/{created.json()['id']}/complete"
    first, again = await ada.ask("POST", done), await ada.ask("POST", done)
    assert UUID(change_of(created)) < UUID(change_of(first))
    assert again.status_code == 200
    assert "annals-change" not in again.headers


async def test_a_repeated_request_gets_the_change_of_the_first(ada: Person) -> None:
    task = await ada.task()
    for path, key in ((f"/tasks/{task['id']}/complete", "a"), (f"/tasks/{task['id']}/reopen", "b")):
        first = await ada.ask("POST", path, idempotency_key=key)
        again = await ada.ask("POST", path, idempotency_key=key)
        assert again.headers["idempotency-replayed"] == "true"
        assert change_of(again) == change_of(first)
    nothing = f"/tasks/{task['id']}/reopen"
    for _ in range(2):
        answer = await ada.ask("POST", nothing, idempotency_key="c")
        assert (answer.status_code, "annals-change" in answer.headers) == (200, False)


async def test_a_request_id_of_the_client_is_no_change_id(ada: Person) -> None:
    answers = [
        await ada.ask("POST", "/tasks", {"title": "Water"}, x_request_id="same") for _ in range(2)
    ]
    assert len({change_of(answer) for answer in answers}) == 2


async def test_changes_are_listed_in_words_the_latest_first(ada: Person, views: None) -> None:
    task, change = await completed(ada)
    answer = await ada.ask("PUT", "/me/notifications", {"language": "de"})
    position = answer.headers["annals-position"]
    found = await ada.get("/changes", annals_min_position=position)
    assert found.status_code == 200, found.text
    words = [item["summary"] for item in found.json()["items"]]
    assert words[:3] == [
        "Einstellungen geändert",
        "„Water the plants“ erledigt",
        "„Water the plants“ angelegt",
    ]
    one = (await ada.get(f"/changes/{change}")).json()
    assert one == found.json()["items"][1]
    assert (one["state"], one["via"], one["undone_by"]) == ("done", "session", None)
    assert one["streams"] == [{"id": task, "kind": "task", "first_version": 2, "last_version": 2}]


async def test_changes_come_in_pages_and_for_one_task(ada: Person, views: None) -> None:
    task, _ = await completed(ada, "one")
    _, last = await completed(ada, "two")
    assert (await ada.get(f"/changes/{last}")).status_code == 200
    first = (await ada.get("/changes?limit=3")).json()
    rest = (await ada.get(f"/changes?limit=200&cursor={first['next_cursor']}")).json()
    listed = [item["id"] for item in (*first["items"], *rest["items"])]
    assert listed == sorted(listed, reverse=True)
    assert rest["next_cursor"] is None
    position = str(first["items"][0]["position"])
    asked = await ada.get(f"/changes?task={task}", annals_min_position=position)
    of_task = asked.json()["items"]
    assert [item["summary"] for item in of_task] == ["Completed “one”", "Created “one”"]
    wrong = await ada.get(f"/changes?task={task}&cursor={first['next_cursor']}")
    assert wrong.status_code == 422


async def test_a_change_of_somebody_else_does_not_exist(
    ada: Person, bob: Person, views: None
) -> None:
    _, change = await completed(ada)
    for unknown in (change, uuid4(), uuid7()):
        answer = await bob.get(f"/changes/{unknown}")
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/change-not-found"
    assert change not in (await bob.get("/changes")).text


async def test_a_change_made_with_a_token_says_so(ada: Person, views: None) -> None:
    made = await ada.ask("POST", "/auth/tokens", {"name": "script", "scopes": ["tasks:write"]})
    token, token_id = made.json()["token"], made.json()["id"]
    answer = await ada.ask("POST", "/tasks", {"title": "Water"}, authorization=f"Bearer {token}")
    change = (await ada.get(f"/changes/{change_of(answer)}")).json()
    assert (change["via"], change["token_id"]) == ("token", token_id)
