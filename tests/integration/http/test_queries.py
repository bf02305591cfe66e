"""Finding tasks, and reading one's own writes."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from infrastructure.config.settings import Settings
from tests.support.api import Api, Person, projecting


@pytest.fixture
async def shelf(ada: Person, views: None) -> list[dict[str, object]]:
    """Five tasks of Ada's, shown by the view."""
    tasks = [
        await ada.task("Buy milk", priority="high", tags=["shop", "food"], due_at=_day(1)),
        await ada.task("Buy paint", priority="low", tags=["shop"], due_at=_day(3)),
        await ada.task("Paint the blue door", description="with that paint", tags=["house"]),
        await ada.task("Call mother", priority="high", due_at=_day(2)),
        await ada.task("Read"),
    ]
    done = await ada.ask("POST", f"/tasks/{tasks[4]['id']}/complete")
    position = done.headers["annals-position"]
    assert (await ada.get("/tasks", annals_min_position=position)).status_code == 200
    return tasks


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("sort=title&status=open", ["Buy milk", "Buy paint", "Call mother", "Paint the blue door"]),
        ("q=paint", ["Paint the blue door", "Buy paint"]),
        ('q="blue door"', ["Paint the blue door"]),
        ("q=buy -milk", ["Buy paint"]),
        ("status=completed", ["Read"]),
        ("priority=high&sort=due_at", ["Buy milk", "Call mother"]),
        ("tags=shop,food", ["Buy milk"]),
        (f"due_after={'2031-01-02T00:00:00Z'}&sort=-due_at", ["Buy paint", "Call mother"]),
        ("due_before=2031-01-02T00:00:00Z", ["Buy milk"]),
        ("sort=-priority,title&limit=2", ["Buy milk", "Call mother"]),
        ("q=nothing of the sort", []),
    ],
)
async def test_tasks_are_found(ada: Person, query: str, titles: list[str]) -> None:
    answer = await ada.get(f"/tasks?{query}")
    assert answer.status_code == 200, answer.text
    assert [task["title"] for task in answer.json()["items"]] == titles
    other = await ada.get(f"/tasks/search?{query}")
    assert other.json()["items"] == answer.json()["items"]


async def test_a_list_shows_tasks_as_they_are(ada: Person, shelf: list[dict[str, object]]) -> None:
    found = (await ada.get("/tasks?q=milk")).json()["items"]
    assert [task | shelf[0] for task in found] == found
    assert len(found) == 1


async def test_days_are_found_sorted_and_overdue_in_the_zone_of_the_account(
    ada: Person, views: None
) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "America/New_York"})
    today = datetime.now(ZoneInfo("America/New_York")).date()
    for title, day in (("late", today - timedelta(days=1)), ("today", today)):
        await ada.task(title, due_on=day.isoformat())
    position = (await ada.ask("POST", "/tasks", {"title": "never"})).headers["annals-position"]

    async def titles(query: str) -> list[str]:
        answer = await ada.get(f"/tasks?{query}&sort=due_at", annals_min_position=position)
        assert answer.status_code == 200, answer.text
        return [task["title"] for task in answer.json()["items"]]

    assert await titles("overdue=true") == ["late"]
    assert await titles("overdue=false") == ["today", "never"]
    assert await titles("due=none") == ["never"]
    assert await titles(f"due_after={today}") == ["today"]
    assert await titles(f"due_before={today}") == ["late"]
    assert await titles("due_before=9999-12-31&limit=10") == ["late", "today"]
    assert await titles("due_after=0001-01-01T00:00:00Z") == ["late", "today"]
    for query in ("due=some", "due_after=friday", "due_after=2030-01-01T10:00:00", "due_before="):
        refused = await ada.get(f"/tasks?{query}")
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid"), query


@pytest.mark.usefixtures("shelf")
async def test_pages_follow_each_other_while_tasks_are_added(ada: Person) -> None:
    titles: list[str] = []
    cursor = ""
    while True:
        page = (await ada.get(f"/tasks?sort=title&limit=2{cursor}")).json()
        titles += [task["title"] for task in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        position = (await ada.ask("POST", "/tasks", {"title": "Aardvark"})).headers
        await ada.get("/tasks", annals_min_position=position["annals-position"])
    assert titles == ["Buy milk", "Buy paint", "Call mother", "Paint the blue door", "Read"]


@pytest.mark.usefixtures("shelf")
async def test_a_numbered_page_says_how_many_there_are(ada: Person) -> None:
    page = (await ada.get("/tasks?page=2&limit=2&sort=title")).json()
    assert page["total"] == 5
    assert [task["title"] for task in page["items"]] == ["Call mother", "Paint the blue door"]


@pytest.mark.usefixtures("shelf")
async def test_nobody_sees_the_tasks_of_others(bob: Person) -> None:
    assert (await bob.get("/tasks?status=open,completed,deleted")).json()["items"] == []


async def test_a_query_waits_for_the_position_it_names(
    ada: Person, api: Api, settings: Settings
) -> None:
    created = await ada.ask("POST", "/tasks", {"title": "Here"})
    async with projecting(settings):
        answer = await ada.get("/tasks", annals_min_position=created.headers["annals-position"])
    assert [task["title"] for task in answer.json()["items"]] == ["Here"]


async def test_a_query_does_not_wait_for_ever(ada: Person) -> None:
    created = await ada.ask("POST", "/tasks", {"title": "Nobody projects"})
    late = await ada.get("/tasks", annals_min_position=created.headers["annals-position"])
    assert late.status_code == 504
    assert late.headers["retry-after"]
    assert (await ada.get("/tasks", annals_min_position="soon")).status_code == 400


def _day(day: int) -> str:
    return f"2031-01-0{day}T00:00:00Z"


async def test_tags_are_found_in_any_spelling_and_left_out(ada: Person, views: None) -> None:
    await ada.task("Cut the hedge", tags=["Home", "caf\u00e9"])
    await ada.task("Buy shoes", tags=["shop"])
    last = await ada.ask("POST", "/tasks", {"title": "Sleep"})
    position = last.headers["annals-position"]
    for query, titles in (
        ("tags=HOME", ["Cut the hedge"]),
        ("tags=home,CAFE\u0301", ["Cut the hedge"]),
        ("not_tags=home", ["Sleep", "Buy shoes"]),
        ("not_tags=home,SHOP", ["Sleep"]),
        ("tags=home&not_tags=caf\u00e9", []),
    ):
        answer = await ada.get(f"/tasks?{query}", annals_min_position=position)
        assert [task["title"] for task in answer.json()["items"]] == titles, query


@pytest.mark.usefixtures("shelf")
async def test_tasks_are_found_by_when_they_were_completed(ada: Person) -> None:
    done = (await ada.get("/tasks?status=completed")).json()["items"][0]
    at = datetime.fromisoformat(done["completed_at"])
    before, after = (at - timedelta(days=2)).date(), (at + timedelta(days=2)).date()
    for query, titles in (
        (f"completed_after={before}&completed_before={after}", ["Read"]),
        (f"completed_after={after}", []),
        (f"completed_before={before}", []),
        (f"completed_after={done['completed_at'].replace('+', '%2B')}", ["Read"]),
        (f"completed_before={done['completed_at'].replace('+', '%2B')}", []),
    ):
        answer = await ada.get(f"/tasks?{query}")
        assert [task["title"] for task in answer.json()["items"]] == titles, query


@pytest.mark.usefixtures("shelf")
async def test_a_total_comes_with_a_cursor_too(ada: Person) -> None:
    first = (await ada.get("/tasks?limit=2&count=true")).json()
    assert (first["total"], first["total_is_at_least"]) == (5, None)
    second = (await ada.get(f"/tasks?limit=2&count=true&cursor={first['next_cursor']}")).json()
    assert second["total"] == 5
    assert (await ada.get("/tasks?limit=2")).json()["total"] is None
    assert (await ada.get("/tasks?q=paint&limit=1&count=true")).json()["total"] == 2


async def test_a_page_far_away_needs_a_cursor(ada: Person) -> None:
    answer = await ada.get("/tasks?page=501")
    assert answer.status_code == 422
    assert "cursor" in answer.json()["detail"]
    assert (await ada.get("/tasks?page=500")).json()["items"] == []


@pytest.mark.usefixtures("shelf")
async def test_a_misspelt_word_is_corrected_and_said(ada: Person) -> None:
    found = (await ada.get("/tasks?q=call mohter")).json()
    assert [task["title"] for task in found["items"]] == ["Call mother"]
    assert found["corrected"] == "call mother"


async def test_what_shows_nothing_is_refused_wherever_it_comes_from(ada: Person) -> None:
    task = f"/tasks/{(await ada.task('Water'))['id']}"
    for blank in ("\u200b", "\u2060", "\ufe0f", "\u3164", "\U000e0101"):
        places: list[tuple[str, str, dict[str, object]]] = [
            ("POST", "/tasks", {"title": blank}),
            ("POST", "/tasks", {"title": "Water", "tags": [blank]}),
            ("PATCH", task, {"title": blank}),
            ("PATCH", task, {"tags": [blank]}),
            ("POST", f"{task}/tags", {"tags": [blank]}),
            ("POST", "/tasks/quick", {"text": f"{blank} tomorrow"}),
            ("POST", "/lists", {"name": blank}),
        ]
        for method, path, body in places:
            answer = await ada.ask(method, path, body)
            assert answer.status_code == 422, (method, path, ascii(blank), answer.text)
