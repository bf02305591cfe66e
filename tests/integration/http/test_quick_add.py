"""A line of text becomes a task, with its recurrence and reminders, in a single change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from tests.support.api import Answer, Api, Person

EVERYTHING = "Water the plants every 3 days at 9 #home !high remind 30m before"
# Half an hour before the first nine o'clock may be over: no reminder is set for it then.
FROM_TOMORROW = EVERYTHING.replace(" at 9", " from tomorrow at 9")


async def draft(person: Person, text: str, **more: str) -> dict[str, Any]:
    answer = await person.get("/tasks/quick?" + urlencode({"text": text, **more}))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def add(person: Person, text: str, key: str | None = None, **more: str) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    return await person.ask("POST", "/tasks/quick", {"text": text, **more}, **headers)


async def test_a_draft_shows_the_fields_and_where_they_are(ada: Person) -> None:
    shown = await draft(ada, EVERYTHING, timezone="Europe/Berlin")
    assert shown["title"] == "Water the plants"
    assert shown["recurrence"]["rrule"] == "FREQ=DAILY;INTERVAL=3"
    assert shown["recurrence"]["text"] == "every 3 days"
    assert (shown["priority"], shown["tags"], shown["reminders"]) == ("high", ["home"], ["PT30M"])
    for span in shown["spans"]:
        assert EVERYTHING[span["start"] : span["end"]] == span["text"]
    kinds = [span["kind"] for span in shown["spans"]]
    assert kinds == ["recurrence", "due", "tag", "priority", "reminder"]


async def test_a_draft_records_nothing(ada: Person) -> None:
    before = (await ada.ask("POST", "/tasks", {"title": "before"})).headers["Annals-Position"]
    await draft(ada, EVERYTHING)
    after = (await ada.ask("POST", "/tasks", {"title": "after"})).headers["Annals-Position"]
    assert int(after) == int(before) + 1


async def test_one_line_makes_a_whole_task(ada: Person) -> None:
    answer = await add(ada, FROM_TOMORROW, timezone="Europe/Berlin")
    assert answer.status_code == 201, answer.text
    task = answer.json()
    assert answer.headers["Location"] == f"/api/v1/tasks/{task['id']}"
    assert (task["title"], task["priority"], task["tags"]) == ("Water the plants", "high", ["home"])
    recurrence = (await ada.get(f"/tasks/{task['id']}/recurrence")).json()
    assert recurrence["series"]["rrule"] == "FREQ=DAILY;INTERVAL=3"
    assert recurrence["series"]["timezone"] == "Europe/Berlin"
    assert recurrence["series"]["reminders"] == ["PT30M"]
    due = datetime.fromisoformat(task["due_at"])
    (reminder,) = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"]
    assert datetime.fromisoformat(reminder["due_at"]) == due - timedelta(minutes=30)
    assert (await ada.get(f"/tasks/{task['id']}")).json() == task


async def test_a_whole_task_is_a_single_change(ada: Person, api: Api) -> None:
    answer = await add(ada, FROM_TOMORROW, timezone="Europe/Berlin")
    task = answer.json()
    events = [
        *await api.recorded(UUID(task["id"])),
        *await api.recorded(UUID(task["series_id"])),
    ]
    last = max(each.position for each in events)
    assert sorted(each.position for each in events) == [*range(last - len(events) + 1, last + 1)]
    assert int(answer.headers["Annals-Position"]) == last
    assert len({(each.recorded_at, each.correlation_id) for each in events}) == 1
    kinds = [type(each.event).__name__ for each in sorted(events, key=lambda each: each.position)]
    assert kinds == ["TaskCreated", "TaskMadeRecurring", "ReminderSet", "SeriesStarted"]


async def test_a_line_without_a_date_is_due_on_the_day_that_is_given(ada: Person) -> None:
    lines = {"Buy milk remind 1 hour before": ("2030-01-31", None), "Pay on 2030-03-05": None}
    for line, due in lines.items():
        answer = await ada.ask("POST", "/tasks/quick", {"text": line, "due_on": "2030-01-31"})
        task = answer.json()
        assert (task["due_on"], task["due_at"]) == (due or ("2030-03-05", None)), line
    daily = await ada.ask("POST", "/tasks/quick", {"text": FROM_TOMORROW, "due_on": "2030-01-31"})
    assert (daily.json()["due_on"], daily.json()["due_at"] is None) == (None, False)


async def test_a_line_without_a_date_is_a_task_without_one(ada: Person) -> None:
    task = (await add(ada, 'Read "1984" by Friday’s end')).json()
    assert task["title"] == 'Read "1984" by Friday’s end'
    assert (task["due_at"], task["due_on"], task["series_id"]) == (None, None, None)


async def test_a_day_is_a_day_and_so_are_those_of_a_rule(ada: Person) -> None:
    once = (await add(ada, "Pay rent on 2030-03-05 remind 1 day before")).json()
    assert (once["due_at"], once["due_on"]) == (None, "2030-03-05")
    (reminder,) = (await ada.get(f"/tasks/{once['id']}/reminders")).json()["items"]
    assert (reminder["before"], reminder["due_at"]) == ("P1D", "2030-03-04T09:00:00Z")
    text = "Pay rent every month on the 5th starting 2030-03-01 remind 1 day before"
    shown = await draft(ada, text)
    assert (shown["due_on"], shown["recurrence"]["dtstart"]) == ("2030-03-05", "2030-03-05")
    often = (await add(ada, text)).json()
    assert (often["due_at"], often["due_on"]) == (None, "2030-03-05")
    (reminder,) = (await ada.get(f"/tasks/{often['id']}/reminders")).json()["items"]
    assert (reminder["before"], reminder["due_at"]) == ("P1D", "2030-03-04T09:00:00Z")
    recurrence = (await ada.get(f"/tasks/{often['id']}/recurrence")).json()
    assert recurrence["series"]["rrule"] == "FREQ=MONTHLY;BYMONTHDAY=5"


async def test_the_account_decides_about_the_zone(ada: Person) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "Asia/Tokyo"})
    assert (await draft(ada, "Call at 14:00"))["due_at"].endswith("T05:00:00Z")
    assert (await draft(ada, "Call at 14:00", timezone="Europe/london"))[
        "timezone"
    ] == "Europe/London"


async def test_the_language_is_that_of_the_text_or_as_asked(ada: Person) -> None:
    assert (await draft(ada, "Müll jeden zweiten Dienstag"))["recurrence"]["rrule"] == (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"
    )
    assert (await draft(ada, "Müll jeden zweiten Dienstag", language="en"))["recurrence"] is None


async def test_a_span_that_is_kept_stays_title(ada: Person) -> None:
    text = "Watch Monday tomorrow"
    assert (await draft(ada, text))["due_on"] is None
    (monday, _) = (await draft(ada, text))["alternatives"]
    keep = f"{monday['start']}-{monday['end']}"
    shown = await draft(ada, text, keep=keep, timezone="UTC")
    assert shown["title"] == "Watch Monday"
    assert date.fromisoformat(shown["due_on"]) > datetime.now(UTC).date()
    assert (await add(ada, text, keep=keep)).json()["title"] == "Watch Monday"


async def test_the_same_key_makes_a_single_task(ada: Person) -> None:
    first = await add(ada, EVERYTHING, key="quick-1")
    again = await add(ada, EVERYTHING, key="quick-1")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await add(ada, "Another", key="quick-1")).status_code == 422


async def test_reminders_of_the_text_replace_those_of_preferences(ada: Person) -> None:
    await ada.ask("PUT", "/me/notifications", {"default_reminders": ["P1D"]})

    async def reminders(text: str) -> list[str]:
        task = (await add(ada, text)).json()
        items = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"]
        return [each["before"] for each in items]

    assert await reminders("Fly in 5 days") == ["P1D"]
    assert await reminders("Fly in 5 days remind 2 hours before") == ["PT2H"]
    assert await reminders("Fly every week starting 2030-05-06 at 9am") == ["P1D"]
    assert await reminders("Fly every week starting 2030-05-06 at 9am remind 2h before") == ["PT2H"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "tomorrow at 9"}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"text": "two\nlines"}, "text"),
        ({"text": "Report", "timezone": "Europe/Berln"}, "timezone"),
        ({"text": "Report", "language": "fr"}, "language"),
        ({"text": "Report", "keep": "6"}, "keep"),
        ({"text": "Report", "title": "Report"}, "title"),
        ({"text": "Fly in 2 hours remind 3 hours before"}, "before"),
    ],
)
async def test_a_line_that_makes_no_task_is_refused(
    ada: Person, body: dict[str, str], field: str
) -> None:
    answer = await ada.ask("POST", "/tasks/quick", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "query", ["", "text=", "text=x&language=fr", "text=x&keep=6", "text=x&day=1"]
)
async def test_a_draft_of_nothing_is_refused(ada: Person, query: str) -> None:
    assert (await ada.get(f"/tasks/quick?{query}")).status_code in (400, 422)


async def test_a_refused_line_records_nothing(ada: Person) -> None:
    before = (await ada.ask("POST", "/tasks", {"title": "before"})).headers["Annals-Position"]
    refused = await add(ada, "Fly in 2 hours remind 3 hours before", key="quick-2")
    assert refused.status_code == 422
    after = (await ada.ask("POST", "/tasks", {"title": "after"})).headers["Annals-Position"]
    assert int(after) == int(before) + 1


async def test_a_stranger_reads_no_draft(api: Api) -> None:
    answer = await api.http.get("/tasks/quick?text=x")
    assert answer.status_code == 401


async def test_an_estimate_is_read_and_kept(ada: Person) -> None:
    text = "Call mom every Friday at 9am (30 min)"
    shown = await draft(ada, text)
    assert (shown["title"], shown["estimate"]) == ("Call mom", "PT30M")
    assert [span["kind"] for span in shown["spans"]] == ["recurrence", "due", "estimate"]
    task = (await add(ada, text)).json()
    assert task["estimate"] == "PT30M"
    series = (await ada.get(f"/tasks/{task['id']}/recurrence")).json()["series"]
    assert series["estimate"] == "PT30M"
