"""Previews of rules: what the cases expect, over HTTP; and habits that could recur."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from domain.events.tasks import TaskCompleted, TaskCreated
from domain.recurrence.local_time import resolve, zone
from domain.vocabulary import AccountId
from tests.support.api import Answer, Api, Person
from tests.support.facts import recorded
from tests.support.waiting import until

CASES = json.loads((Path(__file__).parents[2] / "cases" / "recurrence.json").read_text("utf-8"))[
    "cases"
]


async def preview(person: Person, case: dict[str, Any], count: int) -> Answer:
    exdates = ",".join(case.get("exdates", ()))
    query = {
        "rrule": case["rrule"],
        "dtstart": case["dtstart"],
        "timezone": case["timezone"],
        "count": str(count),
    } | ({"exdates": exdates} if exdates else {})
    async with asyncio.timeout(20):  # a rule that is slow to compute is refused
        return await person.get("/recurrence/preview?" + urlencode(query))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
async def test_a_preview_shows_what_the_cases_expect(ada: Person, case: dict[str, Any]) -> None:
    if case.get("refuse"):
        answer = await preview(ada, case, 5)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == case.get(
            "part", answer.json()["errors"][0]["field"]
        )
    else:
        expected = case["expect"]
        # One more than expected, to see that what should end does.
        count = len(expected) + (not case.get("endless", False))
        answer = await preview(ada, case, count)
        assert answer.status_code == 200, answer.text
        found = answer.json()["occurrences"]
        assert [one["utc"] for one in found] == expected
        assert all(
            resolve(datetime.fromisoformat(one["local"]), zone(case["timezone"]))
            == datetime.fromisoformat(one["utc"])
            for one in found
        )


async def test_a_preview_goes_on_after_a_wall_time_or_an_instant(ada: Person) -> None:
    rule = {"every": "day", "dtstart": "2026-10-24T02:30:00", "timezone": "Europe/Berlin"}
    after_wall = await ada.get(
        "/recurrence/preview?" + urlencode(rule | {"after": "2026-10-25T02:30:00", "count": 1})
    )
    assert after_wall.json() == {
        "occurrences": [
            {"local": "2026-10-26T02:30:00", "utc": "2026-10-26T01:30:00Z", "day": None}
        ],
        "text": "every day",
    }
    # 02:30 comes twice on that day; the first is meant, and is over at the second.
    for after, first in (
        ("2026-10-25T00:29:59Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
    ):
        shown = await ada.get(
            "/recurrence/preview?" + urlencode(rule | {"after": after, "count": 1})
        )
        assert shown.json()["occurrences"][0]["utc"] == first


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"dtstart": "today", "rrule": "FREQ=DAILY"}, "dtstart"),
        ({"dtstart": "2026-01-01T09:00:00"}, "every"),
        ({"dtstart": "2026-01-01T09:00:00", "rrule": "FREQ=DAILY", "count": "0"}, "count"),
        ({"dtstart": "2026-01-01T09:00:00", "rrule": "FREQ=DAILY", "after": "soon"}, "after"),
        ({"dtstart": "2026-01-01T09:00:00", "rrule": "FREQ=DAILY\nFREQ=DAILY"}, "RRULE"),
    ],
)
async def test_a_preview_that_makes_no_sense_is_refused_by_name(
    ada: Person, query: dict[str, str], field: str
) -> None:
    answer = await ada.get("/recurrence/preview?" + urlencode(query))
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_rule_from_a_day_yields_days(ada: Person) -> None:
    query = {"dtstart": "2026-03-28", "every": "day", "timezone": "Europe/Berlin", "count": "3"}
    found = (await ada.get("/recurrence/preview?" + urlencode(query))).json()["occurrences"]
    assert found == [
        {"local": f"2026-03-{day}T00:00:00", "utc": None, "day": f"2026-03-{day}"}
        for day in (28, 29, 30)
    ]
    at_nine = {"dtstart": "2026-03-28", "rrule": "FREQ=DAILY;BYHOUR=9"}
    refused = await ada.get("/recurrence/preview?" + urlencode(at_nine))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "BYHOUR"


async def test_a_habit_of_days_becomes_a_series_of_days(api: Api, ada: Person, views: None) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "America/New_York"})
    me = AccountId(UUID((await ada.get("/auth/me")).json()["id"]))
    made = datetime(2026, 1, 1, 9, tzinfo=UTC)
    for week in range(3):
        day = date(2026, 1, 6) + timedelta(weeks=week)
        created = TaskCreated(owner=me, title="Call home", due_on=day)
        await api.record([recorded(created, stream=uuid4(), at=made)])

    async def noticed() -> bool:
        return bool((await ada.get("/recurrence/suggestions")).json()["items"])

    await until(noticed)
    (found,) = (await ada.get("/recurrence/suggestions")).json()["items"]
    assert (found["all_day"], found["text"]) == (True, "every week on Tuesday")
    accepted = await ada.ask("POST", f"/recurrence/suggestions/{found['id']}/accept", {})
    assert accepted.json()["occurrence"] == "2026-01-20T00:00:00"
    task = (await ada.get(f"/tasks/{accepted.json()['task_id']}")).json()
    assert task["due_on"] == "2026-01-20"


async def test_a_habit_is_noticed_and_accepted(
    api: Api, ada: Person, bob: Person, views: None
) -> None:
    """Three tasks of one title on three days, as the log has them."""
    me = UUID((await ada.get("/auth/me")).json()["id"])
    first = datetime(2026, 1, 6, 9, tzinfo=UTC)
    for days, title in (
        (0, "Take out the bins"),
        (7, "take out  the BINS"),
        (13, "Take out the bins"),
    ):
        created = TaskCreated(owner=AccountId(me), title=title)
        at = first + timedelta(days=days)
        await api.record([recorded(created, stream=uuid4(), at=at)])

    async def noticed() -> bool:
        return bool((await ada.get("/recurrence/suggestions")).json()["items"])

    await until(noticed)
    (found,) = (await ada.get("/recurrence/suggestions")).json()["items"]
    assert (found["rrule"], found["text"]) == ("FREQ=WEEKLY", "every week on Monday")
    path = f"/recurrence/suggestions/{found['id']}/accept"
    assert (await bob.ask("POST", path, {})).status_code == 404
    accepted = await ada.ask("POST", path, {"timezone": "Europe/Berlin"})
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["series"]["rrule"] == "FREQ=WEEKLY"

    async def gone() -> bool:
        return not await noticed()

    await until(gone)


@pytest.mark.parametrize("days", ["due", "completed"])
async def test_days_due_and_days_of_completion_are_habits_too(
    api: Api, ada: Person, views: None, days: str
) -> None:
    """Tasks made all at once, for one week after the other, or done so."""
    me = AccountId(UUID((await ada.get("/auth/me")).json()["id"]))
    made = datetime(2026, 1, 1, 9, tzinfo=UTC)
    for week in range(3):
        task, at = uuid4(), datetime(2026, 1, 6, 18, tzinfo=UTC) + timedelta(weeks=week)
        created = TaskCreated(owner=me, title="Call home", due_at=at if days == "due" else None)
        facts = [recorded(created, stream=task, at=made)]
        if days == "completed":
            facts.append(recorded(TaskCompleted(), version=2, stream=task, at=at))
        await api.record(facts)

    async def noticed() -> bool:
        return bool((await ada.get("/recurrence/suggestions")).json()["items"])

    await until(noticed)
    (found,) = (await ada.get("/recurrence/suggestions")).json()["items"]
    assert (found["pattern_of"], found["text"]) == (days, "every week on Tuesday")
    path = f"/recurrence/suggestions/{found['id']}/accept"
    accepted = (await ada.ask("POST", path, {})).json()
    assert accepted["occurrence"] == "2026-01-20T18:00:00"
