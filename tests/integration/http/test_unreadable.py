"""A stream with an event that cannot be read answers 503 and says which; all others work."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.events.notifications import NotificationRead
from domain.events.series import SeriesEnded
from domain.events.tasks import TaskCompleted
from tests.support.api import Answer, Api, Person
from tests.support.poison import DAMAGES, NEWER_TOPIC, insert, stored

pytestmark = pytest.mark.anyio

NEWER = "a type of a newer release"


def names_the_event(answer: Answer, stream: Any, position: int) -> bool:
    problem = answer.json()
    return (
        answer.status_code == 503
        and problem["type"].endswith("/problems/event-unreadable")
        and str(stream) in problem["detail"]
        and f"position {position}" in problem["detail"]
    )


@pytest.mark.parametrize("damage", ["deep nesting", "a moment before the year 1", NEWER])
async def test_a_task_with_an_unreadable_event_answers_503_and_no_other_is_concerned(
    api: Api, ada: Person, views: None, database_url: str, damage: str
) -> None:
    task = (await ada.ask("POST", "/tasks", {"title": "Broken"})).json()
    other = (await ada.ask("POST", "/tasks", {"title": "Whole"})).json()
    topic, state = stored(TaskCompleted())
    event = (NEWER_TOPIC if damage == NEWER else topic, DAMAGES[damage](state))
    position = insert(database_url, event, stream=UUID(task["id"]), version=2)
    path = f"/tasks/{task['id']}"
    answers = [
        await ada.get(path),
        await ada.get(f"{path}?version=1"),
        await ada.get(f"{path}/history"),
        await ada.ask("PATCH", path, {"title": "Mended"}),
        await ada.ask("POST", f"{path}/complete"),
        await ada.ask("DELETE", path),
    ]
    for answer in answers:
        assert names_the_event(answer, task["id"], position), answer.text

    done = await ada.ask("POST", f"/tasks/{other['id']}/complete")
    assert done.status_code == 200
    behind = {"annals_min_position": done.headers["Annals-Position"]}
    listed = (await ada.get("/tasks", **behind)).json()["items"]
    assert {item["id"]: item["status"] for item in listed} == {
        task["id"]: "open",
        other["id"]: "completed",
    }
    assert (await ada.get("/audit", **behind)).status_code == 200
    assert (await ada.get("/audit/export?format=ndjson", **behind)).status_code == 200
    assert (await ada.get(f"/tasks/{other['id']}/history", **behind)).status_code == 200


async def test_a_series_or_a_notification_with_an_unreadable_event_answers_503(
    api: Api, ada: Person, views: None, database_url: str
) -> None:
    broken = DAMAGES["deep nesting"]
    task = await ada.task(due_at="2030-01-01T09:00:00+01:00")
    weekly = {"rrule": "FREQ=WEEKLY", "timezone": "Europe/Berlin"}
    made = await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", weekly)
    assert made.status_code == 200, made.text
    series = made.json()["series"]["id"]
    topic, state = stored(SeriesEnded(exhausted=True, withdrawn=()))
    position = insert(database_url, (topic, broken(state)), stream=UUID(series), version=2)
    assert names_the_event(await ada.get(f"/series/{series}"), series, position)
    assert (await ada.get("/series")).status_code == 200

    notification = uuid4()
    topic, state = stored(NotificationRead())
    position = insert(database_url, (topic, broken(state)), stream=notification)
    answer = await ada.ask("POST", f"/inbox/{notification}/read")
    assert names_the_event(answer, notification, position), answer.text
    assert (await ada.get("/inbox")).status_code == 200
