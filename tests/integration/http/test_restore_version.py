"""Making a task as it was: a version comes back with new events, and says what did not."""

from typing import Any

from tests.support.api import Person

SOON = "2999-01-01T09:00:00Z"


async def test_a_task_is_made_as_it_was_at_a_version(ada: Person) -> None:
    then = await ada.task(tags=["b", "a"], due_on="2030-01-31", estimate="PT1H")
    path = f"/tasks/{then['id']}"
    await ada.ask("PATCH", path, {"title": "Drown", "tags": ["c"], "due_on": None})
    await ada.ask("POST", f"{path}/complete")
    made = await ada.ask("POST", f"{path}/restore?version=1")
    assert made.status_code == 200, made.text
    assert made.json()["not_restored"] == []
    assert same(made.json(), then)
    again = await ada.ask("POST", f"{path}/restore?version=1")
    assert "annals-change" not in again.headers
    assert again.headers["etag"] == made.headers["etag"]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {**one, "version": 0, "updated_at": 0, "not_restored": []} == {
        **other,
        "version": 0,
        "updated_at": 0,
        "not_restored": [],
    }


async def test_reminders_come_back_and_a_recurrence_stays(ada: Person) -> None:
    task = await ada.task(due_at=SOON)
    path = f"/tasks/{task['id']}"
    await ada.ask("POST", f"{path}/reminders", {"before": "PT1H"})
    version = (await ada.get(path)).json()["version"]
    before = (await ada.get(f"{path}/reminders")).json()
    await ada.ask("PUT", f"{path}/recurrence", {"rrule": "FREQ=DAILY"})
    await ada.ask("POST", f"{path}/complete")
    made = await ada.ask("POST", f"{path}/restore?version={version}")
    assert made.json()["not_restored"] == ["recurrence"]
    assert (made.json()["status"], made.json()["series_id"] is None) == ("open", False)
    assert (await ada.get(f"{path}/reminders")).json() == before


async def test_a_deleted_task_comes_back_as_it_was(ada: Person) -> None:
    task = await ada.task()
    await ada.ask("DELETE", f"/tasks/{task['id']}")
    made = await ada.ask("POST", f"/tasks/{task['id']}/restore?version=1")
    assert same(made.json(), task)


async def test_a_version_that_never_was_or_of_somebody_else_is_not_found(
    ada: Person, bob: Person
) -> None:
    task = await ada.task()
    path = f"/tasks/{task['id']}/restore"
    for person, version in ((ada, 99), (bob, 1)):
        assert (await person.ask("POST", f"{path}?version={version}")).status_code == 404
    refused = await ada.ask("POST", f"{path}?version=1", if_match='"7"')
    assert refused.status_code == 412
    assert (await ada.ask("POST", f"{path}?version=0")).status_code == 422
