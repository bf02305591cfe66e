"""A rule edit can be tried: the answer says what would become of occurrences and reminders."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.api import Person

# A Tuesday, far ahead: nothing of it lies in the past.
DUE = "2990-01-02T09:00:00Z"


async def recurring(person: Person, rule: str, **more: Any) -> str:
    task = (await person.task(due_at=DUE))["id"]
    wish = {"rrule": rule, "timezone": "UTC", "reminders": ["PT1H"]} | more
    answer = await person.ask("PUT", f"/tasks/{task}/recurrence", wish)
    assert answer.status_code == 200, answer.text
    return f"/tasks/{task}"


async def tried(person: Person, *request: Any, **headers: str) -> dict[str, Any]:
    answer = await person.ask(*request, **headers)
    assert answer.status_code == 200, answer.text
    assert "annals-change" not in answer.headers
    body: dict[str, Any] = answer.json()
    return body


def days(found: list[Any]) -> list[str]:
    return [each["due_at"][:16] for each in found]


async def soon(person: Person, **more: Any) -> tuple[str, datetime]:
    """A task that recurs four times, each Monday at nine, within the next two months."""
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=14 - today.weekday())
    task = (await person.task(due_at=monday.isoformat()))["id"]
    answer = await person.ask("PUT", f"/tasks/{task}/recurrence", rule("COUNT=4", **more))
    assert answer.status_code == 200, answer.text
    return f"/tasks/{task}", monday


def rule(text: str, **more: Any) -> dict[str, Any]:
    return {"rrule": f"FREQ=WEEKLY;{text}", "timezone": "UTC", "reminders": ["PT1H"]} | more


def moments(first: datetime, *days: int, hours: float = 0) -> list[str]:
    """The moments so many days and hours after the first, as the API writes them."""
    found = [first + timedelta(days=day, hours=hours) for day in days]
    return [f"{each:%Y-%m-%dT%H:%M:%S}Z" for each in found]


async def untouched(person: Person, path: str) -> list[Any]:
    """What a dry run must leave as it is: the task with its version, the series, the reminders."""
    return [
        (await person.get(f"{path}{more}")).json() for more in ("", "/recurrence", "/reminders")
    ]


async def test_another_rule_says_what_vanishes_and_appears_with_their_reminders(
    ada: Person,
) -> None:
    path, first = await soon(ada)
    before = await untouched(ada, path)
    wish = rule("BYDAY=MO,TH;COUNT=4")
    body = await tried(ada, "PUT", f"{path}/recurrence?scope=all&dry_run=true", wish)
    assert [each["due_at"] for each in body["vanish"]] == moments(first, 14, 21)
    assert [each["due_at"] for each in body["appear"]] == moments(first, 3, 10)
    assert body["move"] == []
    assert body["reminders"] == {
        "vanish": moments(first, 14, 21, hours=-1),
        "appear": moments(first, 3, 10, hours=-1),
    }
    assert body["records"].keys() >= {"series.changed"}
    assert await untouched(ada, path) == before
    changed = await ada.ask("PUT", f"{path}/recurrence?scope=all", wish)
    assert changed.status_code == 200
    assert await untouched(ada, path) != before


async def test_another_time_of_the_day_moves_the_occurrences_and_their_reminders(
    ada: Person,
) -> None:
    path, first = await soon(ada)
    before = await untouched(ada, path)
    later = first + timedelta(hours=2)
    wish = rule("COUNT=4", dtstart=f"{later:%Y-%m-%dT%H:%M:%S}")
    body = await tried(ada, "PUT", f"{path}/recurrence?scope=all&dry_run=true", wish)
    moved = [(each["before"]["due_at"], each["after"]["due_at"]) for each in body["move"]]
    days = (7, 14, 21)
    pairs = zip(moments(first, *days), moments(later, *days), strict=True)
    assert [each for each in moved if each[0] != moments(first, 0)[0]] == list(pairs)
    assert (body["vanish"], body["appear"]) == ([], [])
    assert set(body["reminders"]["vanish"]) >= set(moments(first, *days, hours=-1))
    assert set(body["reminders"]["appear"]) >= set(moments(later, *days, hours=-1))
    assert await untouched(ada, path) == before


async def test_the_end_of_a_recurrence_says_what_vanishes_and_the_task_stays(ada: Person) -> None:
    path, first = await soon(ada)
    before = await untouched(ada, path)
    body = await tried(ada, "DELETE", f"{path}/recurrence?dry_run=true")
    assert [each["due_at"] for each in body["vanish"]] == moments(first, 7, 14, 21)
    assert (body["move"], body["appear"]) == ([], [])
    assert body["reminders"] == {"vanish": moments(first, 7, 14, 21, hours=-1), "appear": []}
    assert body["records"] == {"task.made_single": 1, "series.ended": 1}
    assert await untouched(ada, path) == before


async def test_a_skip_says_what_vanishes_with_its_reminder_and_uses_no_key(ada: Person) -> None:
    path = await recurring(ada, "FREQ=WEEKLY;COUNT=3")
    for _ in range(2):
        body = await tried(ada, "POST", f"{path}/skip?dry_run=true", idempotency_key="k")
        assert days(body["vanish"]) == ["2990-01-02T09:00"]
        assert body["reminders"] == {"vanish": ["2990-01-02T08:00:00Z"], "appear": []}
    skipped = await ada.ask("POST", f"{path}/skip", idempotency_key="k")
    assert skipped.json()["status"] == "skipped"
    body = await tried(ada, "POST", f"{path}/unskip?dry_run=true")
    assert days(body["appear"]) == ["2990-01-02T09:00"]


async def test_another_due_date_says_what_moves(ada: Person) -> None:
    path = await recurring(ada, "FREQ=WEEKLY")
    body = await tried(ada, "PATCH", f"{path}?dry_run=true", {"due_at": "2990-01-03T09:00:00Z"})
    [move] = body["move"]
    assert days([move["before"], move["after"]]) == ["2990-01-02T09:00", "2990-01-03T09:00"]
    assert body["reminders"]["appear"] == ["2990-01-03T08:00:00Z"]


async def test_what_would_be_refused_is_refused(ada: Person, bob: Person) -> None:
    path = await recurring(ada, "FREQ=WEEKLY")
    single = f"/tasks/{(await ada.task())['id']}"
    assert (await ada.ask("POST", f"{single}/skip?dry_run=true")).status_code == 409
    assert (await bob.ask("POST", f"{path}/skip?dry_run=true")).status_code == 404
    stale = await ada.ask("POST", f"{path}/skip?dry_run=true", if_match='"1"')
    assert stale.status_code == 412
    odd = await ada.ask("PUT", f"{path}/recurrence?dry_run=true", {"rrule": "FREQ=ODD"})
    assert odd.status_code == 422
