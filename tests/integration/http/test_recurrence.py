"""Recurring tasks over HTTP: one leads to the next, one is changed and the others stay."""

import time
from datetime import datetime
from typing import Any

import pytest

from infrastructure.config.settings import Settings
from projections.views.audit_trail.history import History
from tests.support.api import Person
from tests.support.event_log import open_log
from tests.support.waiting import until

WEEKLY = {"rrule": "FREQ=WEEKLY", "timezone": "Europe/Berlin"}
AHEAD = WEEKLY | {"ahead": "horizon"}
DUE = "2030-01-01T09:00:00+01:00"  # a Tuesday


async def recurring(person: Person, wish: dict[str, Any] = WEEKLY, **fields: Any) -> dict[str, Any]:
    """Make a task that recurs; return how."""
    task = await person.task(**{"due_at": DUE} | fields)
    answer = await person.ask("PUT", f"/tasks/{task['id']}/recurrence", wish)
    assert answer.status_code == 200, answer.text
    recurrence: dict[str, Any] = answer.json()
    return recurrence


async def tasks(person: Person, recurrence: dict[str, Any], query: str = "") -> list[Any]:
    """The tasks of a series as the list has them, the earliest due first."""
    series = recurrence["series"]["id"]
    found = await person.get(f"/tasks?series_id={series}&sort=due_at&limit=200{query}")
    assert found.status_code == 200, found.text
    items: list[Any] = found.json()["items"]
    return items


async def so_many(person: Person, recurrence: dict[str, Any], count: int) -> list[Any]:
    """Wait until there are so many tasks of a series."""

    async def there() -> bool:
        return len(await tasks(person, recurrence)) == count

    await until(there)
    return await tasks(person, recurrence)


async def only(person: Person, recurrence: dict[str, Any], occurrence: str) -> Any:
    """Wait until the series has this one task to show, and no other."""

    async def there() -> bool:
        found = await tasks(person, recurrence)
        return [task["occurrence"] for task in found] == [occurrence]

    await until(there)
    return (await tasks(person, recurrence))[0]


async def test_days_recur_as_days(ada: Person, views: None) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "America/New_York"})
    wish = {"every": "week", "until": "2030-01-15"}
    made = await recurring(ada, wish, due_at=None, due_on="2030-01-01")
    series = made["series"]
    assert (series["all_day"], series["dtstart"]) == (True, "2030-01-01T00:00:00")
    assert series["next"] == {"local": "2030-01-08T00:00:00", "utc": None, "day": "2030-01-08"}
    await change(ada, made["task_id"], "complete")
    _, following = await so_many(ada, made, 2)
    assert (following["due_on"], following["due_at"]) == ("2030-01-08", None)

    async def shown() -> bool:
        return len((await ada.get(f"/tasks/{following['id']}/occurrences")).json()["items"]) == 3

    await until(shown)
    items = (await ada.get(f"/tasks/{following['id']}/occurrences")).json()["items"]
    assert [(each["due_on"], each["due_at"], each["utc"]) for each in items] == [
        (f"2030-01-{day}", None, None) for day in ("01", "08", "15")
    ]
    path = f"/tasks/{following['id']}"
    moved = (await ada.ask("PATCH", path, {"due_on": "2030-01-09"})).json()
    assert (moved["due_on"], moved["occurrence"]) == ("2030-01-09", "2030-01-08T00:00:00")
    refused = await ada.ask("PATCH", f"{path}?scope=all", {"due_on": "2030-01-09"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "due_on")
    hour = await ada.ask("PUT", f"{path}/recurrence", {"rrule": "FREQ=DAILY;BYHOUR=9"})
    assert hour.status_code == 422


async def change(person: Person, task: str, what: str, body: Any = None) -> Any:
    answer = await person.ask("POST", f"/tasks/{task}/{what}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_completing_one_leads_to_the_next(ada: Person, views: None) -> None:
    recurrence = await recurring(ada)
    assert recurrence["series"]["text"] == "every week on Tuesday"
    await change(ada, recurrence["task_id"], "complete")
    done, following = await so_many(ada, recurrence, 2)
    assert (done["status"], following["status"]) == ("completed", "open")
    assert following["due_at"] == "2030-01-08T08:00:00Z"
    assert following["occurrence"] == "2030-01-08T09:00:00"
    assert following["title"] == done["title"]


async def test_the_task_is_the_first_occurrence_and_is_due_when_the_rule_says(
    ada: Person,
) -> None:
    recurrence = await recurring(ada, {"every": "2 weeks", "on": ["wed", "sun"]})
    assert recurrence["occurrence"] == "2030-01-02T08:00:00"
    assert recurrence["series"]["rrule"] == "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,SU"
    assert recurrence["series"]["text"] == "every other week on Wednesday and Sunday"
    task = (await ada.get(f"/tasks/{recurrence['task_id']}")).json()
    assert task["due_at"] == "2030-01-02T08:00:00Z"
    read = await ada.get(f"/tasks/{recurrence['task_id']}/recurrence")
    assert read.json() == recurrence
    assert read.headers["etag"] == f'"{task["version"]}"'


async def test_a_skipped_one_makes_way_for_the_next_and_can_come_back(
    ada: Person, views: None
) -> None:
    recurrence = await recurring(ada)
    skipped = await change(ada, recurrence["task_id"], "skip")
    assert skipped["status"] == "skipped"
    assert (await ada.ask("POST", f"/tasks/{skipped['id']}/complete")).status_code == 409
    following = await only(ada, recurrence, "2030-01-08T09:00:00")
    assert following["due_at"] == "2030-01-08T08:00:00Z"
    back = await change(ada, recurrence["task_id"], "unskip")
    assert back["status"] == "open"
    assert len(await so_many(ada, recurrence, 2)) == 2


async def test_a_deleted_one_makes_way_too(ada: Person, views: None) -> None:
    recurrence = await recurring(ada)
    await ada.ask("DELETE", f"/tasks/{recurrence['task_id']}")
    assert (await only(ada, recurrence, "2030-01-08T09:00:00"))["status"] == "open"


async def test_completing_an_older_one_again_leads_to_nothing(ada: Person, views: None) -> None:
    recurrence = await recurring(ada)
    await change(ada, recurrence["task_id"], "complete")
    _, second = await so_many(ada, recurrence, 2)
    await change(ada, second["id"], "complete")
    await so_many(ada, recurrence, 3)
    for task in (recurrence["task_id"], second["id"]):
        await change(ada, task, "reopen")
        await change(ada, task, "complete")
    other = await recurring(ada)  # what came later in the log has been reacted to
    await change(ada, other["task_id"], "complete")
    await so_many(ada, other, 2)
    assert len(await tasks(ada, recurrence)) == 3


async def test_one_occurrence_is_changed_and_the_others_stay(ada: Person, views: None) -> None:
    recurrence = await recurring(ada, AHEAD | {"dtstart": "2030-01-01T09:00:00"})
    await ada.ask("PATCH", f"/tasks/{recurrence['task_id']}", {"title": "Only this"})
    series = (await ada.get(f"/series/{recurrence['series']['id']}")).json()
    assert (series["title"], series["rrule"]) == ("Water the plants", "FREQ=WEEKLY")


def soon(days: int = 1) -> str:
    """A wall time so many days from now, as a start for what is made ahead."""
    moment = datetime.fromtimestamp(time.time() + days * 86400)  # noqa: DTZ006 - a wall time
    return f"{moment:%Y-%m-%d}T09:00:00"


async def test_a_horizon_is_filled_at_once_by_twelve_at_most(ada: Person, views: None) -> None:
    daily = {"rrule": "FREQ=DAILY", "ahead": "horizon", "dtstart": soon()}
    made = await so_many(ada, await recurring(ada, daily), 13)
    assert len({task["occurrence"] for task in made}) == 13
    assert all(task["status"] == "open" for task in made)


async def test_all_open_ones_get_a_new_title_but_for_those_that_are_done(
    ada: Person, views: None
) -> None:
    recurrence = await recurring(ada, AHEAD | {"dtstart": soon()})
    made = await so_many(ada, recurrence, 13)
    await change(ada, made[1]["id"], "complete")
    answer = await ada.ask("PATCH", f"/tasks/{made[2]['id']}?scope=all", {"title": "Feed the cat"})
    assert answer.json()["title"] == "Feed the cat"

    async def told() -> bool:
        titles = [task["title"] for task in await tasks(ada, recurrence)]
        return titles == ["Feed the cat", "Water the plants", *["Feed the cat"] * 11]

    await until(told)
    read = (await ada.get(f"/series/{recurrence['series']['id']}")).json()
    assert (read["title"], read["rrule"]) == ("Feed the cat", "FREQ=WEEKLY")


async def test_this_and_following_become_a_series_of_their_own(ada: Person, views: None) -> None:
    recurrence = await recurring(ada, AHEAD | {"dtstart": soon()})
    made = await so_many(ada, recurrence, 13)
    path = f"/tasks/{made[5]['id']}?scope=following"
    await ada.ask("PATCH", path, {"title": "Feed the cat"})
    later = (await ada.get(f"/tasks/{made[5]['id']}/recurrence")).json()
    assert later["series"]["continues"] == recurrence["series"]["id"]
    taken = await so_many(ada, later, 8)
    assert [task["id"] for task in taken] == [task["id"] for task in made[5:]]
    assert {task["title"] for task in taken} == {"Feed the cat"}
    kept = await so_many(ada, recurrence, 5)
    assert {task["title"] for task in kept} == {"Water the plants"}
    before = (await ada.get(f"/series/{recurrence['series']['id']}")).json()
    assert before["following"] == later["series"]["id"]
    assert before["ended_at"] is not None


async def test_another_rule_from_here_on_replaces_what_was_made_for_later(
    ada: Person, views: None
) -> None:
    recurrence = await recurring(ada, AHEAD | {"dtstart": soon()})
    made = await so_many(ada, recurrence, 13)
    monthly = {"rrule": "FREQ=MONTHLY;COUNT=2", "ahead": "horizon", "timezone": "Europe/Berlin"}
    path = f"/tasks/{made[2]['id']}/recurrence?scope=following"
    later = (await ada.ask("PUT", path, monthly)).json()
    first, _ = await so_many(ada, later, 2)
    assert first["id"] == made[2]["id"]
    assert [task["id"] for task in await so_many(ada, recurrence, 2)] == [
        task["id"] for task in made[:2]
    ]


async def test_another_rule_for_all_keeps_the_series_and_what_fits_it(
    ada: Person, views: None
) -> None:
    recurrence = await recurring(ada, AHEAD | {"dtstart": soon()})
    made = await so_many(ada, recurrence, 13)
    path = f"/tasks/{recurrence['task_id']}/recurrence?scope=all"
    every_other = AHEAD | {"rrule": "FREQ=WEEKLY;INTERVAL=2"}
    changed = (await ada.ask("PUT", path, every_other)).json()
    assert changed["series"]["id"] == recurrence["series"]["id"]
    left = await so_many(ada, recurrence, 7)
    assert [task["id"] for task in left] == [task["id"] for task in made[::2]]
    again = (await ada.ask("PUT", path, AHEAD)).json()  # back to every week
    assert again["series"]["id"] == recurrence["series"]["id"]
    restored = await so_many(ada, recurrence, 13)
    assert [task["id"] for task in restored] == [task["id"] for task in made]


async def test_one_may_leave_for_a_series_of_its_own(ada: Person, views: None) -> None:
    recurrence = await recurring(ada)
    path = f"/tasks/{recurrence['task_id']}/recurrence?scope=this"
    own = (await ada.ask("PUT", path, WEEKLY | {"rrule": "FREQ=DAILY"})).json()
    assert own["series"]["id"] != recurrence["series"]["id"]
    assert own["series"]["continues"] is None
    assert (await only(ada, recurrence, "2030-01-08T09:00:00"))["status"] == "open"


async def test_what_no_longer_recurs_is_a_task_like_any_other(ada: Person, views: None) -> None:
    recurrence = await recurring(ada, AHEAD | {"dtstart": soon()})
    await so_many(ada, recurrence, 13)
    path = f"/tasks/{recurrence['task_id']}/recurrence"
    task = (await ada.ask("DELETE", path)).json()
    assert (task["series_id"], task["status"]) == (None, "open")
    assert (await ada.get(path)).status_code == 404
    assert (await ada.ask("DELETE", path)).status_code == 404
    assert await so_many(ada, recurrence, 0) == []
    alone = (await ada.get("/tasks?recurring=false")).json()["items"]
    assert [found["id"] for found in alone] == [task["id"]]


async def test_all_occurrences_are_listed_with_what_became_of_them(
    ada: Person, views: None
) -> None:
    recurrence = await recurring(ada)
    await change(ada, recurrence["task_id"], "complete")
    _, second = await so_many(ada, recurrence, 2)
    await change(ada, second["id"], "skip")
    path = f"/tasks/{second['id']}/occurrences"

    async def third() -> bool:
        items = (await ada.get(f"{path}?upcoming=0")).json()["items"]
        return [item["state"] for item in items] == ["completed", "skipped", "open"]

    await until(third)
    items = (await ada.get(f"{path}?upcoming=2")).json()["items"]
    assert [item["state"] for item in items[3:]] == ["upcoming", "upcoming"]
    assert items[-1]["local"] == "2030-01-29T09:00:00"
    seen, cursor = [], ""
    while True:
        page = (await ada.get(f"{path}?upcoming=2&limit=2{cursor}")).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == items
    instances = (await ada.get(f"/tasks/{second['id']}/instances?upcoming=2")).json()
    assert instances["items"] == items


async def test_series_are_listed_and_read(ada: Person, bob: Person, views: None) -> None:
    made = [await recurring(ada, title=f"Task {n}") for n in range(3)]
    last = await ada.ask("DELETE", f"/tasks/{made[0]['task_id']}/recurrence")
    position = {"annals_min_position": last.headers["annals-position"]}
    page = (await ada.get("/series?limit=2", **position)).json()
    rest = (await ada.get(f"/series?limit=2&cursor={page['next_cursor']}")).json()
    listed = [series["title"] for series in (*page["items"], *rest["items"])]
    assert listed == ["Task 2", "Task 1", "Task 0"]
    running = (await ada.get("/series?state=running")).json()["items"]
    assert [series["title"] for series in running] == ["Task 2", "Task 1"]
    path = f"/series/{made[1]['series']['id']}"
    read = await ada.get(path)
    assert read.json() == running[1]
    assert (await ada.get(path, if_none_match=read.headers["etag"])).status_code == 304
    assert (await bob.get(path)).status_code == 404
    assert (await bob.get("/series")).json()["items"] == []


async def test_a_repeated_request_makes_one_series(ada: Person) -> None:
    task = await ada.task(due_at=DUE)
    path, key = f"/tasks/{task['id']}/recurrence", {"idempotency_key": "once"}
    first = await ada.ask("PUT", path, WEEKLY, **key)
    second = await ada.ask("PUT", path, WEEKLY, **key)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"


async def test_if_match_guards_the_recurrence_by_the_version_of_the_task(ada: Person) -> None:
    task = await ada.task(due_at=DUE)
    await ada.ask("PATCH", f"/tasks/{task['id']}", {"title": "Changed"})
    path = f"/tasks/{task['id']}/recurrence"
    before, now = f'"{task["version"]}"', f'"{task["version"] + 1}"'
    assert (await ada.ask("PUT", path, WEEKLY, if_match=before)).status_code == 412
    assert (await ada.ask("PUT", path, WEEKLY, if_match=now)).status_code == 200


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"rrule": "FREQ=HOURLY"}, "FREQ"),
        ({"rrule": "FREQ=DAILY;INTERVAL=0"}, "INTERVAL"),
        ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "BYMONTHDAY"),
        ({"rrule": "FREQ=DAILY", "timezone": "Mars/Olympus"}, "timezone"),
        ({"rrule": "FREQ=DAILY", "every": "day"}, "every"),
        ({"every": "fortnight"}, "every"),
        ({}, "every"),
        ({"rrule": "FREQ=DAILY", "dtstart": "soon"}, "dtstart"),
        ({"rrule": "FREQ=DAILY", "dtstart": "2030-01-01T09:00:00Z"}, "dtstart"),
        ({"rrule": "FREQ=DAILY", "exdates": ["never"]}, "exdates"),
        ({"rrule": "FREQ=DAILY", "reminders": ["soon"]}, "reminders"),
        ({"rrule": "FREQ=DAILY", "reminders": ["PT1H every PT5S"]}, "reminders"),
        ({"rrule": "FREQ=DAILY", "reminders": [{"before": "PT1H", "at_most": 2}]}, "at_most"),
        ({"rrule": "FREQ=DAILY", "anchor": "completion", "ahead": "horizon"}, "ahead"),
    ],
)
async def test_what_nobody_could_keep_is_refused_by_name(
    ada: Person, wish: dict[str, Any], field: str
) -> None:
    task = await ada.task(due_at=DUE)
    answer = await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", wish)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await ada.get(f"/tasks/{task['id']}")).json()["version"] == task["version"]


async def test_a_task_without_a_due_date_needs_a_start(ada: Person) -> None:
    task = await ada.task()
    answer = await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", WEEKLY)
    assert answer.json()["errors"][0]["field"] == "dtstart"


async def test_other_peoples_tasks_do_not_exist(ada: Person, bob: Person) -> None:
    recurrence = await recurring(ada)
    path = f"/tasks/{recurrence['task_id']}"
    for method, sub, body in (
        ("PUT", "/recurrence", WEEKLY),
        ("GET", "/recurrence", None),
        ("DELETE", "/recurrence", None),
        ("POST", "/skip", None),
        ("GET", "/occurrences", None),
        ("PATCH", "?scope=all", {"title": "Mine"}),
    ):
        assert (await bob.ask(method, path + sub, body)).status_code == 404, sub


async def test_what_does_not_recur_cannot_be_skipped(ada: Person) -> None:
    task = await ada.task()
    for what in ("skip", "unskip"):
        answer = await ada.ask("POST", f"/tasks/{task['id']}/{what}")
        assert answer.json()["type"] == "/problems/task-does-not-recur"
    assert (await ada.get(f"/tasks/{task['id']}/recurrence")).status_code == 404
    path = f"/tasks/{task['id']}?scope=all"
    assert (await ada.ask("PATCH", path, {"title": "x"})).status_code == 409


@pytest.mark.usefixtures("database_url")
async def test_what_happened_to_a_series_is_told_with_before_and_after(
    ada: Person, views: None, settings: Settings
) -> None:
    recurrence = await recurring(ada)
    path = f"/tasks/{recurrence['task_id']}?scope=all"
    await ada.ask("PATCH", path, {"title": "Feed the cat"})
    last = await ada.ask("POST", f"/tasks/{recurrence['task_id']}/skip")
    async with open_log(settings.database.url_or_fail) as log:
        await log.caught_up(History())
        rows = [row for row in await log.rows(History()) if row.entity_type == "series"]
    assert [row.action for row in rows[:3]] == [
        "series.started",
        "series.changed",
        "series.occurrence_skipped",
    ]
    title = rows[1].changes["title"]
    assert (title.before, title.after) == ("Water the plants", "Feed the cat")
    assert rows[1].state["rule"] == "FREQ=WEEKLY"
    assert int(last.headers["annals-position"]) == rows[2].position


async def test_reminders_of_the_rule_ring_now_and_what_cannot_recur_is_named(ada: Person) -> None:
    task = await ada.task(due_at=DUE)
    path = f"/tasks/{task['id']}/reminders"
    fixed = (await ada.ask("POST", path, {"at": "2029-12-31T12:00:00Z"})).json()
    nagging = {"before": "PT30M", "every": "PT10M", "at_most": 3}
    wish = WEEKLY | {"reminders": ["PT15M", nagging]}
    recurrence = (await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", wish)).json()
    assert recurrence["series"]["reminders"] == ["PT15M", "PT30M every PT10M at most 3"]
    assert recurrence["reminders_of_this_task"] == [fixed["id"]]
    found = (await ada.get(path)).json()["items"]
    ringing = {each["before"]: each["due_at"] for each in found if each["state"] == "pending"}
    assert ringing == {
        None: "2029-12-31T12:00:00Z",
        "PT15M": "2030-01-01T07:45:00Z",
        "PT30M": "2030-01-01T07:30:00Z",
    }


async def test_a_reminder_of_a_recurring_task_has_a_scope(ada: Person, views: None) -> None:
    recurrence = await recurring(ada)
    task = recurrence["task_id"]
    refused = await ada.ask(
        "POST", f"/tasks/{task}/reminders?scope=all", {"at": "2029-12-31T12:00:00Z"}
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "scope")
    assert (
        await ada.ask("POST", f"/tasks/{task}/reminders?scope=this", {"before": "PT5M"})
    ).status_code == 201
    assert (await ada.ask("POST", f"/tasks/{task}/reminders", {"before": "PT1H"})).is_success
    await change(ada, task, "complete")
    _, following = await so_many(ada, recurrence, 2)
    found = (await ada.get(f"/tasks/{following['id']}/reminders")).json()["items"]
    assert {each["before"] for each in found} == {"PT0S", "PT1H"}


async def test_a_rule_without_a_zone_is_in_that_of_the_account(ada: Person) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "Asia/Tokyo"})
    recurrence = await recurring(ada, {"rrule": "FREQ=DAILY;"})
    assert (recurrence["series"]["timezone"], recurrence["series"]["rrule"]) == (
        "Asia/Tokyo",
        "FREQ=DAILY",
    )
    query = "dtstart=2030-01-01T09:00:00&rrule=FREQ%3DDAILY&count=1"
    shown = (await ada.get(f"/recurrence/preview?{query}")).json()
    assert shown["occurrences"][0]["utc"] == "2030-01-01T00:00:00Z"


async def test_every_year_on_the_15th_is_once_a_year(ada: Person) -> None:
    words = await recurring(ada, {"every": "year", "on": 15, "timezone": "UTC"})
    assert words["series"]["text"] == "every year on 15 January"
    rule = {"rrule": "FREQ=YEARLY;BYMONTHDAY=15", "timezone": "UTC"}
    assert (await recurring(ada, rule))["series"]["text"] == "every month on the 15th"
    google = await recurring(ada, rule | {"source": "google"})
    assert google["series"]["rrule"] == "FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=1"
