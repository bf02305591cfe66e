"""POST /tasks creates a task together with its recurrence and its reminders, or nothing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.api import Api, Person

DUE = "2030-01-31T18:00:00+01:00"
WEEKLY = {"rrule": "FREQ=WEEKLY", "timezone": "Europe/Berlin"}


async def reminders_of(person: Person, task: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await person.get(f"/tasks/{task['id']}/reminders")).json()["items"])


async def test_a_task_gets_its_reminders_in_the_same_change(ada: Person, api: Api) -> None:
    reminders = [{"before": "PT1H"}, {"at": "2030-01-30T09:00:00Z", "every": "PT10M"}]
    task = await ada.task(due_at=DUE, reminders=reminders)
    first, second = await reminders_of(ada, task)
    assert datetime.fromisoformat(first["due_at"]) == datetime.fromisoformat(DUE) - timedelta(
        hours=1
    )
    assert (second["due_at"], second["every"]) == ("2030-01-30T09:00:00Z", "PT10M")
    events = await api.recorded(UUID(task["id"]))
    positions = [each.position for each in events]
    assert positions == [*range(positions[0], positions[0] + 3)]
    assert len({each.correlation_id for each in events}) == 1


async def test_a_task_recurs_from_its_first_event_on(ada: Person, api: Api) -> None:
    task = await ada.task(due_at=DUE, recurrence=WEEKLY | {"reminders": ["PT15M"]})
    recurrence = (await ada.get(f"/tasks/{task['id']}/recurrence")).json()
    assert recurrence["series"]["rrule"] == "FREQ=WEEKLY"
    assert recurrence["series"]["reminders"] == ["PT15M"]
    events = [
        *await api.recorded(UUID(task["id"])),
        *await api.recorded(UUID(task["series_id"])),
    ]
    kinds = [type(each.event).__name__ for each in sorted(events, key=lambda each: each.position)]
    assert kinds == ["TaskCreated", "TaskMadeRecurring", "ReminderSet", "SeriesStarted"]
    assert len({each.correlation_id for each in events}) == 1


async def test_reminders_before_the_due_date_are_those_of_every_occurrence(ada: Person) -> None:
    reminders = [{"before": "PT1H"}, {"at": "2030-01-30T09:00:00Z"}]
    task = await ada.task(due_at=DUE, recurrence=WEEKLY, reminders=reminders)
    recurrence = (await ada.get(f"/tasks/{task['id']}/recurrence")).json()
    # In the zone of the account's preferences, which is not that of the rule.
    assert recurrence["series"]["reminders"] == ["PT1H in UTC"]
    by_due = {each["due_at"]: each["id"] for each in await reminders_of(ada, task)}
    assert by_due.keys() == {"2030-01-31T16:00:00Z", "2030-01-30T09:00:00Z"}
    assert recurrence["reminders_of_this_task"] == [by_due["2030-01-30T09:00:00Z"]]


async def test_given_reminders_replace_those_of_the_preferences(ada: Person) -> None:
    changed = await ada.ask("PUT", "/me/notifications", {"default_reminders": ["P1D"]})
    assert changed.status_code == 200, changed.text
    plain = await ada.task(due_at=DUE)
    assert [each["before"] for each in await reminders_of(ada, plain)] == ["P1D"]
    own = await ada.task(due_at=DUE, reminders=[{"before": "PT5M"}])
    assert [each["before"] for each in await reminders_of(ada, own)] == ["PT5M"]


async def test_a_refused_part_refuses_the_whole_task(ada: Person) -> None:
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"recurrence": {"rrule": "FREQ=NEVER"}, "due_at": DUE}, "FREQ"),
        ({"recurrence": {"rrule": "FREQ=DAILY"}}, "dtstart"),
        ({"reminders": [{"before": "PT1H"}]}, "before"),
        ({"reminders": [{}], "due_at": DUE}, "at"),
        (
            {"reminders": [{"before": "PT1H", "at": DUE}], "recurrence": WEEKLY, "due_at": DUE},
            "at",
        ),
        ({"reminders": [{"before": "PT1H", "at_most": 3}], "due_at": DUE}, "at_most"),
        ({"reminders": [{"befor": "PT1H"}]}, "reminders[0].befor"),
        ({"recurrence": {"rule": ""}}, "recurrence.rule"),
        ({"rrule": "FREQ=DAILY"}, "rrule"),
        ({"reminder": "PT1H"}, "reminder"),
    ]
    before = (await ada.ask("POST", "/tasks", {"title": "before"})).headers["Annals-Position"]
    for fields, field in refusals:
        refused = await ada.ask("POST", "/tasks", {"title": "Water the plants"} | fields)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == field
    after = (await ada.ask("POST", "/tasks", {"title": "after"})).headers["Annals-Position"]
    assert int(after) == int(before) + 1


async def test_a_repeated_key_creates_one_whole_task(ada: Person) -> None:
    body = {"title": "Water the plants", "due_at": DUE, "recurrence": WEEKLY}
    first, second = [
        await ada.ask("POST", "/tasks", body, idempotency_key="whole") for _ in range(2)
    ]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json() == first.json()
