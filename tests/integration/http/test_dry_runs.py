"""A rule edit can be tried: the answer says what would become of occurrences and reminders."""

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


async def test_another_rule_says_what_vanishes_and_appears(ada: Person) -> None:
    soon = {"dtstart": "2029-01-02T09:00:00"}
    path = await recurring(ada, "FREQ=WEEKLY;COUNT=3", **soon)
    before = (await ada.get(path)).json()
    wish = {"rrule": "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", "timezone": "UTC", **soon}
    body = await tried(ada, "PUT", f"{path}/recurrence?scope=all&dry_run=true", wish)
    assert body["records"].keys() >= {"series.changed"}
    assert (await ada.get(path)).json() == before


async def test_the_end_of_a_recurrence_says_what_vanishes(ada: Person) -> None:
    path = await recurring(ada, "FREQ=DAILY")
    body = await tried(ada, "DELETE", f"{path}/recurrence?dry_run=true")
    assert (body["move"], body["appear"]) == ([], [])
    assert body["records"] == {"task.made_single": 1, "series.ended": 1}
    assert (await ada.get(f"{path}/recurrence")).status_code == 200


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
