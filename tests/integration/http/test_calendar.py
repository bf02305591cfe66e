"""The calendar feed: read back by icalendar, unchanged it is a 304, and closed it is gone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar

from tests.support.api import Answer, Person

HOSTILE = "Bins; a,b \\ END:VCALENDAR C:\\New “漢字” " + "漢x" * 90


@pytest.fixture(autouse=True)
async def _views(views: None) -> None:
    """The views follow the log."""


async def opened(person: Person) -> str:
    answer = await person.ask("POST", "/calendar")
    assert answer.status_code == 200, answer.text
    url = str(answer.json()["url"])
    assert url.startswith("http://annals.test/api/v1/calendar/")
    assert url.endswith(".ics")
    return urlsplit(url).path.removeprefix("/api/v1")


async def feed(person: Person, path: str, kind: str = "events", **headers: str) -> Answer:
    """Read the calendar as anybody does, once the views have caught up."""
    head = (await person.task("The last")).get("id")
    answer = await person.ask("DELETE", f"/tasks/{head}")
    seen = {"Annals-Min-Position": answer.headers["Annals-Position"]}
    for view in ("/tasks", "/reminders", "/series", "/audit"):
        assert (await person.get(view, **seen)).status_code == 200
    return await person.http.get(f"{path}?as={kind}", headers=headers)


def components(answer: Answer, name: str) -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    calendar = Calendar.from_ical(answer.content)
    assert not calendar.errors
    return list(calendar.walk(name))


def soon(**more: float) -> datetime:
    return (datetime.now(UTC) + timedelta(**more)).replace(microsecond=0)


async def test_events_have_days_moments_lengths_and_alarms(ada: Person) -> None:
    path = await opened(ada)
    moment, day = soon(days=2), str(soon(days=3).date())
    task = await ada.task("Meeting", due_at=moment.isoformat(), estimate="PT1H", tags=["a b", "c"])
    await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"before": "PT15M"})
    await ada.task("Pay the rent", due_on=day, description="to\nthe bank")
    await ada.task("Some day")
    meeting, rent = components(await feed(ada, path), "VEVENT")
    assert meeting["UID"] == f"{task['id']}@annals"
    assert meeting["SUMMARY"] == "Meeting"
    assert meeting.decoded("DTSTART") == moment
    assert meeting.decoded("DURATION") == timedelta(hours=1)
    assert {str(tag) for tag in meeting["CATEGORIES"].cats} == {"a b", "c"}
    alarms = [each.decoded("TRIGGER") for each in meeting.walk("VALARM")]
    assert moment - timedelta(minutes=15) in alarms
    assert rent.decoded("DTSTART") == date.fromisoformat(day)
    assert rent.decoded("DTEND") == date.fromisoformat(day) + timedelta(days=1)
    assert rent["DESCRIPTION"] == "to\nthe bank"


async def test_tasks_have_their_state_and_priority(ada: Person) -> None:
    path = await opened(ada)
    done = await ada.task("Done", due_on=str(soon(days=1).date()), priority="high")
    await ada.ask("POST", f"/tasks/{done['id']}/complete")
    await ada.task("Open", due_at=soon(days=2).isoformat())
    deleted = await ada.task("Deleted", due_on=str(soon(days=1).date()))
    await ada.ask("DELETE", f"/tasks/{deleted['id']}")
    first, second = components(await feed(ada, path, "tasks"), "VTODO")
    assert (first["SUMMARY"], first["STATUS"], first["PRIORITY"]) == ("Done", "COMPLETED", 1)
    assert first.decoded("DUE") == soon(days=1).date()
    assert (second["SUMMARY"], second["STATUS"]) == ("Open", "NEEDS-ACTION")


async def test_a_series_is_one_entry_for_each_occurrence_without_a_rule(ada: Person) -> None:
    path = await opened(ada)
    task = await ada.task("Bins", due_on=str(soon(days=1).date()))
    await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", {"every": "month"})
    answer = await feed(ada, path)
    entries = components(answer, "VEVENT")
    assert len(entries) in (12, 13)
    assert b"RRULE" not in answer.content
    assert len({entry["UID"] for entry in entries}) == len(entries)
    days = [entry.decoded("DTSTART") for entry in entries]
    assert days == sorted(days)
    # An occurrence that gets a task keeps its id, so that calendars show no second one.
    await ada.ask("POST", f"/tasks/{task['id']}/complete")
    again = components(await feed(ada, path), "VEVENT")
    assert [entry["UID"] for entry in again[:12]] == [entry["UID"] for entry in entries[:12]]
    assert again[0]["SUMMARY"] == "✓ Bins"


async def test_titles_and_descriptions_cannot_break_out_of_their_lines(ada: Person) -> None:
    path = await opened(ada)
    evil = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\rSUMMARY:evil\n\x85\u2029ATTACH:file\u2028END:VCALENDAR"
    day = str(soon(days=1).date())
    await ada.task(HOSTILE, description=evil, due_on=day, tags=["a;b:c\\", "\\n"])
    answer = await feed(ada, path)
    (entry,) = components(answer, "VEVENT")
    assert entry["SUMMARY"] == HOSTILE
    assert entry["DESCRIPTION"].startswith("x\nEND:VEVENT\nBEGIN:VEVENT SUMMARY:evil\n")
    assert "ATTACH" not in entry
    assert {str(tag) for tag in entry["CATEGORIES"].cats} == {"a;b:c\\", "\\n"}
    for line in answer.content.decode().splitlines():
        assert not line.startswith("ATTACH")


async def test_an_unchanged_calendar_is_not_sent_again(ada: Person) -> None:
    path = await opened(ada)
    await ada.task("Meeting", due_at=soon(days=2).isoformat())
    first = await feed(ada, path)
    etag = first.headers["etag"]
    unchanged = await ada.http.get(path, headers={"If-None-Match": f"W/{etag}"})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == etag
    assert (await ada.http.get(path)).content == first.content
    changed = await feed(ada, path, **{"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_a_new_address_replaces_the_old_and_a_closed_one_is_gone(
    ada: Person, bob: Person
) -> None:
    assert (await ada.get("/calendar")).json() == {"url": None}
    first = await opened(ada)
    assert (await ada.get("/calendar")).json()["url"].endswith(first)
    second = await opened(ada)
    assert (await ada.http.get(first)).status_code == 404
    assert (await ada.http.get(second)).status_code == 200
    other = await opened(bob)
    assert other != second
    assert (await ada.ask("DELETE", "/calendar")).json() == {"url": None}
    for path in (second, "/calendar/x.ics", f"/calendar/{'A' * 200}.ics"):
        gone = await ada.http.get(path)
        assert gone.status_code == 404, gone.text
    assert (await ada.http.get(other)).status_code == 200


async def test_only_a_session_opens_a_calendar(ada: Person) -> None:
    wanted = {"name": "Machine", "scopes": ["tasks:read", "tasks:write"]}
    token = (await ada.ask("POST", "/auth/tokens", wanted)).json()["token"]
    machine = Person(ada.http, {"access_token": token})
    for method in ("POST", "GET", "DELETE"):
        refused = await machine.ask(method, "/calendar")
        assert refused.status_code == 403
    unknown = await ada.http.get(await opened(ada) + "?as=words")
    assert unknown.status_code == 422


async def test_a_calendar_ends_at_two_thousand_entries(ada: Person) -> None:
    path = await opened(ada)
    for number in range(8):
        task = await ada.task(f"Daily {number}", due_on=str(soon(days=1).date()))
        await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", {"every": "day"})
    assert len(components(await feed(ada, path), "VEVENT")) == 2_000
