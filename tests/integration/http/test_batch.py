"""A batch answers each request as it would be answered alone."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Answer, Api, Person


def item(id_: str, method: str, url: str, body: Any = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"id": id_, "method": method, "url": url, **more}
    return found if body is None else found | {"body": body}


async def send(person: Person, *items: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = await sent(person, *items, **more)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["responses"])


async def sent(
    person: Person, *items: dict[str, Any], key: str | None = None, **more: Any
) -> Answer:
    headers = {"idempotency_key": key} if key else {}
    return await person.ask("POST", "/batch", {"requests": list(items)} | more, **headers)


def creating(id_: str, title: str, **more: Any) -> dict[str, Any]:
    return item(id_, "POST", "/tasks", {"title": title}, **more)


async def test_each_request_is_answered_as_alone_and_in_order(ada: Person, bob: Person) -> None:
    task, known, other = await ada.task(), await ada.task(), await bob.task()
    path = f"/api/v1/tasks/{task['id']}"
    responses = await send(
        ada,
        item("read", "GET", f"tasks/{known['id']}", headers={"If-None-Match": '"1"'}),
        item("stale", "PATCH", path, {"title": "x"}, headers={"If-Match": '"9"'}),
        item("bad", "POST", "/tasks", {"titel": "x"}),
        item("strange", "GET", f"/tasks/{other['id']}"),
        item("missing", "GET", "/nothing"),
        item("method", "PUT", "/tasks/quick", {"text": "x"}),
        item("alias", "PUT", f"{path}/complete"),
        creating("new", "Sweep"),
    )
    statuses = {each["id"]: each["status"] for each in responses}
    assert statuses == {
        "read": 304,
        "stale": 412,
        "bad": 422,
        "strange": 404,
        "missing": 404,
        "method": 405,
        "alias": 200,
        "new": 201,
    }
    assert [each["id"] for each in responses] == list(statuses)
    by_id = {each["id"]: each for each in responses}
    assert by_id["bad"]["headers"]["Content-Type"] == "application/problem+json"
    assert by_id["bad"]["body"]["errors"][0]["field"] == "titel"
    assert by_id["alias"]["headers"]["Deprecation"] == "@1767225600"
    made = by_id["new"]
    assert made["headers"]["Location"] == f"/api/v1/tasks/{made['body']['id']}"
    alone = await ada.get(f"/tasks/{made['body']['id']}")
    assert alone.json() == made["body"]


async def test_a_request_waits_for_those_it_depends_on(ada: Person) -> None:
    task = await ada.task()
    path = f"/tasks/{task['id']}"
    responses = await send(
        ada,
        item("3", "PATCH", path, {"title": "third"}, dependsOn=["2"]),
        item("2", "PATCH", path, {"title": "second"}, dependsOn=["1"]),
        item("1", "PATCH", path, {"title": "first"}),
        item("no", "POST", f"{path}/nothing"),
        item("never", "DELETE", path, dependsOn=["3", "no"]),
    )
    assert [each["status"] for each in responses] == [200, 200, 200, 404, 424]
    assert responses[4]["body"]["type"] == "/problems/failed-dependency"
    assert (await ada.get(path)).json()["title"] == "third"
    assert [each["headers"]["ETag"] for each in responses[:3]] == ['"4"', '"3"', '"2"']


async def test_a_malformed_batch_sends_nothing(ada: Person) -> None:
    good = creating("1", "Sweep")
    wrong: list[list[dict[str, Any]]] = [
        [good, creating("1", "again")],
        [creating("1", "x", dependsOn=["2"]), creating("2", "x", dependsOn=["1"])],
        [creating("1", "x", dependsOn=["1"])],
        [creating("1", "x", dependsOn=["9"])],
        *(
            [good, item("2", "GET", url)]
            for url in (
                "https://elsewhere.example/api/v1/tasks",
                "//elsewhere.example/tasks",
                "/tasks/../auth/me",
                "/tasks/%2e%2e/auth/me",
                "/tasks/ x",
                "/tasks#x",
                "\\tasks",
                "/täsks",
                "/auth/me",
                "/api/v1/auth/sessions",
                "/%61uth/me",
                "/api/v1//auth/me",
                "/stream",
                "/stream/tickets",
                "/audit/export?format=csv",
                "/batch",
            )
        ),
        *(
            [good, item("2", "GET", "/tasks", headers={name: "x"})]
            for name in ("Authorization", "Cookie", "Host", "Content-Length", "X-Forwarded-For")
        ),
        [good, item("2", "GET", "/tasks", headers={"If-Match": "a\nb"})],
        [good, item("2", "GET", "/tasks", headers={"If-Match": '"1"', "if-match": '"2"'})],
    ]
    before = await ada.task()
    for items in wrong:
        answer = await sent(ada, *items)
        assert answer.status_code == 400, (items, answer.text)
        assert answer.json()["errors"][0]["field"].startswith("requests[")
    for invalid in ([], [good | {"method": "TRACE"}], [good | {"extra": 1}], [good] * 101):
        assert (await sent(ada, *invalid)).status_code == 422
    after = await ada.ask("POST", "/tasks", {"title": "after"})
    assert int(after.headers["Annals-Position"]) > 0
    page = await ada.get(f"/tasks/{before['id']}")
    assert int(after.headers["Annals-Position"]) == int(page.headers["Annals-Position"]) + 1


async def test_a_key_of_the_batch_counts_for_each_request(ada: Person) -> None:
    items = [
        creating("1", "Sweep"),
        creating("2", "Dust", headers={"Idempotency-Key": "own"}),
        item("3", "GET", "/lists"),
    ]
    first, second = await send(ada, *items, key="k"), await send(ada, *items, key="k")
    assert [each["body"] for each in second] == [each["body"] for each in first]
    assert [each["headers"].get("Idempotency-Replayed") for each in second[:2]] == ["true", "true"]
    (alone,) = await send(ada, items[1] | {"id": "another"})
    assert alone["body"] == first[1]["body"]
    other = await send(ada, creating("1", "Mop"), key="k")
    assert (other[0]["status"], other[0]["body"]["type"]) == (422, "/problems/key-reused")
    assert (await sent(ada, *items, key="\x7f")).status_code == 400


async def test_a_token_does_no_more_in_a_batch_than_alone(ada: Person) -> None:
    made = await ada.ask("POST", "/auth/tokens", {"name": "reader", "scopes": ["tasks:read"]})
    bearer = f"Bearer {made.json()['token']}"
    body = {"requests": [creating("1", "x"), item("2", "GET", "/tasks")]}
    answer = await ada.ask("POST", "/batch", body, authorization=bearer)
    assert [each["status"] for each in answer.json()["responses"]] == [403, 200]
    nobody = await ada.http.post("/batch", json=body)
    assert nobody.status_code == 401


async def test_an_atomic_batch_is_one_append(ada: Person, api: Api) -> None:
    task = await ada.task("Water")
    path = f"/tasks/{task['id']}"
    responses = await send(
        ada,
        item("list", "POST", "/lists", {"name": "Home"}),
        item("title", "PATCH", path, {"title": "Water them"}, headers={"If-Match": '"1"'}),
        item("tags", "POST", f"{path}/tags", {"tags": ["home"]}, headers={"If-Match": '"2"'}),
        item("done", "POST", f"{path}/complete"),
        item("again", "POST", f"{path}/complete"),
        creating("new", "Sweep"),
        atomic=True,
    )
    assert [each["status"] for each in responses] == [201, 200, 200, 200, 200, 201]
    assert [each["headers"]["ETag"] for each in responses[1:5]] == ['"2"', '"3"', '"4"', '"4"']
    positions = [int(each["headers"]["Annals-Position"]) for each in responses]
    first = positions[0]
    changes = [each["headers"].get("Annals-Change") for each in responses]
    assert changes == [*changes[:1] * 4, None, *changes[:1]]  # one repeats what is so already
    assert positions == [first, first + 1, first + 2, first + 3, first + 3, first + 4]
    shown = await ada.get(path)
    assert shown.json() == responses[4]["body"]
    assert int(shown.headers["Annals-Position"]) == first + 3


async def test_a_refusal_records_nothing_of_an_atomic_batch(ada: Person) -> None:
    task = await ada.task("Water")
    path = f"/tasks/{task['id']}"
    items = [
        item("1", "PATCH", path, {"title": "x"}),
        item("2", "PATCH", path, {"title": "y"}, headers={"If-Match": '"1"'}),
        creating("3", "Sweep"),
    ]
    for _ in range(2):
        responses = await send(ada, *items, atomic=True, key="once")
        assert [each["status"] for each in responses] == [424, 412, 424]
        assert "Nothing was recorded" in responses[0]["body"]["detail"]
    shown = await ada.get(path)
    assert (shown.json()["title"], shown.headers["ETag"]) == ("Water", '"1"')
    for wrong in ("/webhooks", "/me/notifications", "/tasks/bulk"):
        refused = await sent(ada, item("1", "POST", wrong, {}), atomic=True)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid")
    assert (await sent(ada, item("1", "GET", path), atomic=True)).status_code == 422


async def test_an_atomic_batch_is_repeated_by_its_key(ada: Person) -> None:
    items = [creating("1", "Sweep"), creating("2", "Dust")]
    first = await send(ada, *items, atomic=True, key="k")
    second = await send(ada, *items, atomic=True, key="k")
    assert [each["body"] for each in second] == [each["body"] for each in first]
    assert {each["headers"]["Idempotency-Replayed"] for each in second} == {"true"}


async def test_atomic_batches_that_race_are_all_recorded(ada: Person) -> None:
    tasks = [(await ada.task())["id"] for _ in range(2)]
    items = [item(each, "POST", f"/tasks/{each}/tags", {"tags": ["x"]}) for each in tasks]

    async def tag(n: int) -> list[int]:
        own = [each | {"body": {"tags": [f"t{n}"]}} for each in items]
        for _ in range(10):  # as a client does after a 409
            answer = await sent(ada, *own, atomic=True)
            if answer.status_code == 200:
                return [each["status"] for each in answer.json()["responses"]]
        raise AssertionError(answer.text)

    assert await asyncio.gather(*map(tag, range(4))) == [[200, 200]] * 4
    wanted = {f"t{n}" for n in range(4)}
    shown = [(await ada.get(f"/tasks/{each}")).json() for each in tasks]
    assert [set(each["tags"]) for each in shown] == [wanted, wanted]
    # Each batch as a whole: both tasks have the tags in the same order.
    assert shown[0]["tags"] == shown[1]["tags"]


@pytest.mark.parametrize("atomic", [False, True])
async def test_a_batch_of_a_hundred_creates_a_hundred(ada: Person, atomic: bool) -> None:
    items = [creating(str(n), f"Task {n}") for n in range(100)]
    answer = await sent(ada, *items, atomic=atomic)
    responses = answer.json()["responses"]
    assert [each["body"]["title"] for each in responses] == [f"Task {n}" for n in range(100)]
    latest = max(int(each["headers"]["Annals-Position"]) for each in responses)
    assert int(answer.headers["Annals-Position"]) == latest
