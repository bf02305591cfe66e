"""One task over HTTP: what its answers bear, and what their headers promise."""

import asyncio
from uuid import uuid4

import msgspec
import psycopg
import pytest

from infrastructure.config.settings import Settings
from tests.support.api import Api, Person, running_api

FULL = {
    "title": "Water the plants",
    "description": "All of them",
    "priority": "high",
    "tags": ["home", "garden"],
    "due_at": "2030-01-31T18:00:00+01:00",
}


async def test_what_is_created_can_be_read(ada: Person) -> None:
    created = await ada.ask("POST", "/tasks", FULL)
    assert created.status_code == 201
    task = created.json()
    assert task | FULL == task | {"due_at": FULL["due_at"]}
    assert task["due_at"] == "2030-01-31T17:00:00Z"
    # Two events: it was created, and a reminder was set, as preferences are by default.
    assert (task["status"], task["version"]) == ("open", 2)
    assert created.headers["etag"] == '"2"'
    assert int(created.headers["annals-position"]) > 0
    read = await ada.get(created.headers["location"].removeprefix("/api/v1"))
    assert read.json() == task
    assert read.headers["annals-position"] == created.headers["annals-position"]


async def test_a_change_leaves_alone_what_it_does_not_name(ada: Person) -> None:
    task = (await ada.ask("POST", "/tasks", FULL)).json()
    changed = (await ada.ask("PATCH", f"/tasks/{task['id']}", {"title": "Feed the cat"})).json()
    kept = {"title", "version", "updated_at"}
    assert {k: v for k, v in changed.items() if k not in kept} == {
        k: v for k, v in task.items() if k not in kept
    }
    assert (changed["title"], changed["version"]) == ("Feed the cat", 3)


async def test_null_clears_and_leaving_out_does_not(ada: Person) -> None:
    task = (await ada.ask("POST", "/tasks", FULL)).json()
    path = f"/tasks/{task['id']}"
    assert (await ada.ask("PATCH", path, {})).json() == task
    cleared = (await ada.ask("PATCH", path, {"due_at": None, "description": None})).json()
    assert (cleared["due_at"], cleared["description"]) == (None, "")
    for field in ("title", "priority", "tags"):
        refused = await ada.ask("PATCH", path, {field: None})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == field


async def test_a_task_is_due_on_a_day_or_at_a_moment(ada: Person) -> None:
    created = await ada.ask("POST", "/tasks", {"title": "Pay", "due_on": "2030-01-31"})
    task = created.json()
    assert (task["due_on"], task["due_at"], task["version"]) == ("2030-01-31", None, 2)
    path = f"/tasks/{task['id']}"
    moved = (await ada.ask("PATCH", path, {"due_at": FULL["due_at"]})).json()
    assert (moved["due_on"], moved["due_at"]) == (None, "2030-01-31T17:00:00Z")
    back = (await ada.ask("PATCH", path, {"due_on": "2030-02-01", "due_at": None})).json()
    assert (back["due_on"], back["due_at"]) == ("2030-02-01", None)
    both = {"due_at": FULL["due_at"], "due_on": "2030-02-01"}
    refusals = [
        await ada.ask("PATCH", path, both),
        await ada.ask("POST", "/tasks", {"title": "Pay"} | both),
        await ada.ask("PATCH", path, {"due_on": "2030-02-30"}),
        await ada.ask("PATCH", path, {"due_on": "2030-02-01T00:00:00Z"}),
        await ada.ask("PATCH", path, {"due_on": "3000-01-01"}),
    ]
    for refused in refusals:
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "due_on"
    assert (await ada.get(path)).json() == back
    await ada.ask("PUT", "/me/notifications", {"timezone": "Asia/Tokyo"})
    assert (await ada.get(path)).json() == back
    then = (await ada.get(f"{path}?version=1")).json()
    assert (then["due_on"], then["due_at"]) == ("2030-01-31", None)


async def test_a_task_has_an_estimate(ada: Person) -> None:
    task = await ada.task(estimate="PT90M")
    path = f"/tasks/{task['id']}"
    assert task["estimate"] == "PT90M"
    assert (await ada.ask("PATCH", path, {"title": "Water"})).json()["estimate"] == "PT90M"
    assert (await ada.ask("PATCH", path, {"estimate": None})).json()["estimate"] is None
    for wrong in ("PT0S", "PT1000H", "soon"):
        refused = await ada.ask("PATCH", path, {"estimate": wrong})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "estimate"


async def test_a_task_goes_through_its_life(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    done = await ada.ask("POST", f"{path}/complete")
    assert (done.json()["status"], done.headers["etag"]) == ("completed", '"2"')
    twice = await ada.ask("POST", f"{path}/complete")
    assert twice.json() == done.json()
    assert (await ada.ask("POST", f"{path}/reopen")).json()["status"] == "open"
    tagged = await ada.ask("POST", f"{path}/tags", {"tags": ["a", "b/c", "ü"]})
    assert tagged.json()["tags"] == ["a", "b/c", "ü"]
    assert (await ada.ask("DELETE", f"{path}/tags/b%2Fc")).json()["tags"] == ["a", "ü"]
    assert (await ada.ask("DELETE", f"{path}/tags/%C3%BC")).json()["tags"] == ["a"]
    assert (await ada.ask("DELETE", path)).json()["status"] == "deleted"
    assert (await ada.ask("POST", f"{path}/restore")).json()["status"] == "open"


async def test_a_deleted_task_says_how_to_bring_it_back(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    await ada.ask("DELETE", path)
    gone = await ada.get(path)
    assert gone.status_code == 404
    assert f"{path}/restore" in gone.json()["detail"]
    assert (await ada.ask("PATCH", path, {"title": "x"})).status_code == 409
    assert (await ada.get(f"{path}?version=1")).status_code == 200


async def test_what_belongs_to_someone_else_does_not_exist(ada: Person, bob: Person) -> None:
    theirs, nothing = f"/tasks/{(await ada.task())['id']}", f"/tasks/{uuid4()}"
    for method, path, body in [
        ("GET", "", None),
        ("GET", "?version=1", None),
        ("GET", "/history", None),
        ("PATCH", "", {"title": "mine"}),
        ("DELETE", "", None),
        ("POST", "/complete", None),
        ("POST", "/tags", {"tags": ["mine"]}),
        ("DELETE", "/tags/mine", None),
    ]:
        answers = [await bob.ask(method, task + path, body) for task in (theirs, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404], (method, path)
        assert len({answer.json()["type"] for answer in answers}) == 1


async def test_if_match_changes_only_the_version_that_was_seen(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    assert (await ada.ask("PATCH", path, {"title": "b"}, if_match='"1"')).status_code == 200
    late = await ada.ask("PATCH", path, {"title": "c"}, if_match='"1"')
    assert late.status_code == 412
    assert late.headers["etag"] == '"2"'
    assert (await ada.ask("PATCH", path, {"title": "c"}, if_match='W/"2"')).status_code == 412
    assert (await ada.ask("PATCH", path, {"title": "c"}, if_match='"other"')).status_code == 412
    assert (await ada.ask("PATCH", path, {"title": "c"}, if_match="*")).status_code == 200
    malformed = await ada.ask("PATCH", path, {"title": "d"}, if_match="3")
    assert malformed.status_code == 400
    assert malformed.json()["errors"][0]["field"] == "If-Match"


async def test_what_was_seen_is_not_sent_again(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    same = await ada.get(path, if_none_match='"1"')
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == '"1"'
    assert (await ada.get(path, if_none_match='"7", W/"1"')).status_code == 304
    assert (await ada.get(path, if_none_match='"2"')).status_code == 200


async def test_a_task_can_be_read_as_it_was(ada: Person) -> None:
    task = await ada.task("First")
    path = f"/tasks/{task['id']}"
    second = (await ada.ask("PATCH", path, {"title": "Second"})).json()
    await ada.ask("PATCH", path, {"title": "Third"})
    assert (await ada.get(f"{path}?version=1")).json() == task
    assert (await ada.get(f"{path}?version=2")).json() == second
    assert (await ada.get(f"{path}?at={second['updated_at']}")).json() == second
    assert (await ada.get(f"{path}?version=9")).status_code == 404
    assert (await ada.get(f"{path}?at=2001-01-01T00:00:00Z")).status_code == 404


async def test_a_repeated_request_gets_the_same_answer_and_records_nothing(
    ada: Person, settings: Settings
) -> None:
    first = await ada.ask("POST", "/tasks", FULL, idempotency_key="k 1")
    await ada.ask("PATCH", f"/tasks/{first.json()['id']}", {"title": "Changed since"})
    before = _events(settings)
    again = await ada.ask("POST", "/tasks", FULL, idempotency_key="k 1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("etag", "annals-position", "location"):
        assert again.headers[name] == first.headers[name]
    assert _events(settings) == before


async def test_a_key_stands_for_one_request_of_one_person(ada: Person, bob: Person) -> None:
    await ada.ask("POST", "/tasks", FULL, idempotency_key="k")
    other = await ada.ask("POST", "/tasks", FULL | {"title": "Other"}, idempotency_key="k")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert (await bob.ask("POST", "/tasks", FULL, idempotency_key="k")).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ü"])
async def test_a_key_that_is_none_is_refused(ada: Person, key: str) -> None:
    headers = {b"authorization": f"Bearer {ada.tokens['access_token']}".encode()}
    headers[b"idempotency-key"] = key.encode()
    refused = await ada.http.post("/tasks", json=FULL, headers=headers)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_the_same_request_many_times_at_once_happens_once(
    ada: Person, settings: Settings
) -> None:
    before = _events(settings)
    answers = await asyncio.gather(
        *(ada.ask("POST", "/tasks", FULL, idempotency_key="at once") for _ in range(8))
    )
    statuses = {answer.status_code for answer in answers}
    assert 201 in statuses
    assert statuses <= {201, 409}
    assert all(a.headers["retry-after"] for a in answers if a.status_code == 409)
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert _events(settings) == before + 3  # the task, its reminder and the key


async def test_two_who_complete_a_task_at_once_complete_it_once(
    ada: Person, api: Api, settings: Settings
) -> None:
    path = f"/tasks/{(await ada.task())['id']}/complete"
    before = _events(settings)
    answers = await asyncio.gather(*(ada.ask("POST", path) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["version"] for answer in answers} == {2}
    assert _events(settings) == before + 1


async def test_a_request_id_correlates_the_requests_of_one_account_alone(
    ada: Person, bob: Person, settings: Settings
) -> None:
    given = str(uuid4())
    for person in (ada, ada, bob):
        answer = await person.ask(
            "POST", "/tasks", {"title": "Water the plants"}, x_request_id=given
        )
        assert answer.headers["x-request-id"] == given
    first, second, another = [
        msgspec.json.decode(state)["correlation_id"] for state in _states(settings)[-3:]
    ]
    assert first == second != another
    assert given not in (first, another)


@pytest.mark.usefixtures("database_url")
async def test_requests_without_an_account_are_not_correlated(api: Api, settings: Settings) -> None:
    for name in ("eve", "mallory"):
        await api.http.post(
            "/auth/register",
            json={"email": f"{name}@annals.example", "password": "a long password"},
            headers={"x-request-id": "the-same"},
        )
    correlations = [msgspec.json.decode(state)["correlation_id"] for state in _states(settings)]
    assert len(correlations) == 4  # two events each
    assert len(set(correlations)) == 2


async def test_a_request_id_that_is_none_is_replaced(ada: Person) -> None:
    answer = await ada.get("/tasks", x_request_id="a b\tc")
    assert answer.headers["x-request-id"] not in {"", "a b\tc"}


def _states(settings: Settings) -> list[bytes]:
    with psycopg.connect(settings.database.url_or_fail) as connection:
        rows = connection.execute("SELECT state FROM stored_events ORDER BY notification_id")
        return [state for (state,) in rows]


def _events(settings: Settings) -> int:
    with psycopg.connect(settings.database.url_or_fail) as connection:
        row = connection.execute("SELECT count(*) FROM stored_events").fetchone()
    assert row is not None
    count: int = row[0]
    return count


async def test_twenty_tags_added_at_once_through_two_processes_all_arrive(
    ada: Person, settings: Settings
) -> None:
    task = await ada.task()
    path = f"/tasks/{task['id']}/tags"
    async with running_api(settings) as other:
        there = Person(other.http, ada.tokens)
        answers = await asyncio.gather(
            *(
                (ada, there)[number % 2].ask("POST", path, {"tags": [f"tag {number}"]})
                for number in range(20)
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    tags = (await ada.get(f"/tasks/{task['id']}")).json()["tags"]
    assert sorted(tags) == sorted(f"tag {number}" for number in range(20))
