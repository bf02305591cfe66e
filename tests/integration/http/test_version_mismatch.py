"""A 412 says what happened meanwhile, in words and as data, and which fields clash."""

from typing import Any

from tests.support.api import Person


async def refused(person: Person, *request: Any, **headers: str) -> dict[str, Any]:
    answer = await person.ask(*request, if_match='"1"', **headers)
    assert answer.status_code == 412, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == "/problems/version-mismatch"
    return problem


async def test_a_412_says_what_happened_since_and_what_clashes(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    changed = await ada.ask("PATCH", path, {"title": "theirs", "priority": "high"})
    await ada.ask("POST", f"{path}/tags", {"tags": ["a"]})
    problem = await refused(ada, "PATCH", path, {"title": "mine", "description": "new"})
    assert problem["clashes"] == ["title"]
    first, second = problem["meanwhile"]
    assert first["changes"] == {
        "title": {"before": "Water the plants", "after": "theirs"},
        "priority": {"before": "medium", "after": "high"},
    }
    assert (first["words"], first["type"]) == ("Changed the task", "task.updated")
    assert first["change_id"] == changed.headers["annals-change"]
    assert (second["version"], second["words"]) == (3, "Tagged the task")


async def test_a_412_to_a_change_of_other_fields_has_no_clash(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    await ada.ask("PATCH", path, {"title": "theirs"})
    problem = await refused(ada, "PATCH", path, {"due_on": "2030-01-01"})
    assert problem["clashes"] == []
    await ada.ask("POST", f"{path}/complete")
    assert (await refused(ada, "DELETE", path))["clashes"] == ["status"]


async def test_the_words_are_in_the_language_of_the_account(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    await ada.ask("PUT", "/me/notifications", {"language": "de"})
    await ada.ask("POST", f"{path}/complete")
    [event] = (await refused(ada, "PATCH", path, {"title": "mine"}))["meanwhile"]
    assert event["words"] == "Die Aufgabe erledigt"


async def test_only_the_latest_events_are_listed(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    for number in range(22):
        await ada.ask("PATCH", path, {"title": f"theirs {number}"})
    problem = await refused(ada, "PATCH", path, {"title": "mine"})
    assert [event["version"] for event in problem["meanwhile"]] == list(range(4, 24))


async def test_a_token_that_may_not_read_is_not_told_what_happened(ada: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    await ada.ask("PATCH", path, {"title": "theirs"})
    made = await ada.ask("POST", "/auth/tokens", {"name": "blind", "scopes": ["tasks:write"]})
    token = f"Bearer {made.json()['token']}"
    problem = await refused(ada, "PATCH", path, {"title": "mine"}, authorization=token)
    assert not {"meanwhile", "clashes"} & problem.keys()


async def test_a_version_that_never_was_has_no_meanwhile(ada: Person, bob: Person) -> None:
    path = f"/tasks/{(await ada.task())['id']}"
    for version in ('"9"', 'W/"1"', '"0"'):
        answer = await ada.ask("PATCH", path, {"title": "mine"}, if_match=version)
        assert answer.status_code == 412
        assert "meanwhile" not in answer.json()
    assert (await bob.ask("PATCH", path, {"title": "mine"}, if_match='"1"')).status_code == 404
