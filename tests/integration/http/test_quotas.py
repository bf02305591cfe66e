"""What an account has and records is bounded; the others do not notice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import account_of, administrator
from tests.support.api import Answer, Api, Person, projecting, running_api, settings_for
from tests.support.waiting import until

LATER = "2030-01-31T18:00:00+01:00"


@asynccontextmanager
async def limited(
    database_url: str, keys: Path, *, processes: int = 1, **limits: Any
) -> AsyncIterator[list[Api]]:
    """API processes with these limits, and views that follow the log."""
    settings = settings_for(database_url, keys, **limits)
    async with AsyncExitStack() as stack:
        apis = [await stack.enter_async_context(running_api(settings)) for _ in range(processes)]
        await stack.enter_async_context(projecting(settings))
        yield apis


def at(api: Api, person: Person) -> Person:
    """The same person, at another process."""
    return Person(api.http, person.tokens)


async def add_task(person: Person) -> Answer:
    return await person.ask("POST", "/tasks", {"title": "Water the plants", "due_at": LATER})


async def add_series(person: Person) -> Answer:
    task = (await add_task(person)).json()
    wish = {"rrule": "FREQ=DAILY", "timezone": "Europe/Berlin"}
    return await person.ask("PUT", f"/tasks/{task['id']}/recurrence", wish)


async def add_reminder(person: Person) -> Answer:
    task = await person.task()  # not due, so it has none of its own
    return await person.ask("POST", f"/tasks/{task['id']}/reminders", {"at": LATER})


async def add_list(person: Person) -> Answer:
    return await person.ask("POST", "/lists", {"name": "Home"})


async def add_search(person: Person) -> Answer:
    return await person.ask("POST", "/searches", {"name": "Red", "filter": {"q": "red"}})


@pytest.mark.parametrize(
    ("limit", "add", "names"),
    [
        ("tasks", add_task, "7 tasks, the most that ANNALS_TASKS allows"),
        ("series", add_series, "7 series, the most that ANNALS_SERIES allows"),
        ("reminders", add_reminder, "7 reminders, the most that ANNALS_REMINDERS allows"),
        ("lists", add_list, "7 lists, the most that ANNALS_LISTS allows"),
        ("searches", add_search, "7 saved searches, the most that ANNALS_SEARCHES allows"),
    ],
)
async def test_an_account_has_no_more_than_its_number_and_the_others_go_on(
    database_url: str, keys: Path, limit: str, add: Any, names: str
) -> None:
    async with limited(database_url, keys, **{limit: 7}) as [api]:
        greedy, patient = await api.person("greedy"), await api.person("patient")
        answers = await asyncio.gather(*(add(greedy) for _ in range(20)))
        counted = Counter(answer.status_code < 300 for answer in answers)
        assert counted == {True: 7, False: 13}
        refused = next(answer for answer in answers if answer.status_code >= 300)
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/quota-exceeded"
        assert names in refused.json()["detail"]
        assert (await add(patient)).status_code < 300


async def test_the_last_one_is_not_refused_and_what_was_removed_makes_room_at_once(
    database_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, tasks=3) as [api]:
        ada = await api.person("ada")
        tasks = [await add_task(ada) for _ in range(3)]
        assert [answer.status_code for answer in tasks] == [201, 201, 201]
        assert (await add_task(ada)).status_code == 422
        paths = [f"/tasks/{answer.json()['id']}" for answer in tasks]
        assert (await ada.ask("DELETE", paths[0])).status_code == 200
        assert (await add_task(ada)).status_code == 201
        assert (await ada.ask("POST", f"{paths[0]}/restore")).status_code == 422
        assert (await ada.ask("DELETE", paths[1])).status_code == 200
        assert (await ada.ask("POST", f"{paths[0]}/restore")).status_code == 200


async def test_two_processes_together_exceed_a_number_by_what_the_views_do_not_show_yet(
    database_url: str, keys: Path
) -> None:
    most, at_once = 64, 8
    async with limited(database_url, keys, processes=2, tasks=most) as [one, two]:
        ada, added = await one.person("ada"), 0

        async def full() -> bool:
            nonlocal added
            answers = await asyncio.gather(
                *(add_task(at(api, ada)) for api in [one, two] * at_once)
            )
            made = [answer for answer in answers if answer.status_code == 201]
            added += len(made)
            if made:
                last = max(int(answer.headers["annals-position"]) for answer in made)
                while (await ada.get("/tasks", annals_min_position=str(last))).status_code != 200:
                    pass  # the view lags behind
            return added >= most

        await until(full, within=60)
        # The views show all but the last round, in which each process knows only of its own.
        assert added <= most + at_once
        answers = [await add_task(at(api, ada)) for api in (one, two)]
        assert [answer.status_code for answer in answers] == [422, 422]


async def test_a_repeated_request_is_answered_also_when_there_is_no_room_any_more(
    database_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, tasks=1) as [api]:
        ada = await api.person("ada")
        body = {"title": "Water the plants"}
        made = await ada.ask("POST", "/tasks", body, idempotency_key="plants")
        again = await ada.ask("POST", "/tasks", body, idempotency_key="plants")
        assert (made.status_code, again.status_code) == (201, 201)
        assert made.json() == again.json()
        assert (await ada.ask("POST", "/tasks", body)).status_code == 422


@pytest.mark.parametrize(
    ("limits", "length", "names"),
    [
        (
            {"events_per_day": 30},
            1,
            "30 changes today (UTC), the most that ANNALS_EVENTS_PER_DAY",
        ),
        ({"megabytes_per_day": 1}, 20_000, "1 MB today (UTC), the most that ANNALS_MEGABYTES"),
    ],
)
async def test_what_an_account_records_in_a_day_is_counted_in_all_processes_together(
    database_url: str,
    redis_url: str,
    keys: Path,
    limits: dict[str, int],
    length: int,
    names: str,
) -> None:
    open_rates = {"account_requests_per_second": 0, "address_requests_per_second": 0}
    given = {"redis_url": redis_url, **open_rates, **limits}
    async with limited(database_url, keys, processes=2, **given) as [one, two]:
        ada, bob = await one.person("ada"), await one.person("bob")

        async def refused() -> bool:
            body = {"title": "Water the plants", "description": "x" * length}
            answer = await ada.ask("POST", "/tasks", body)
            assert answer.status_code in {201, 429}
            return answer.status_code == 429

        await until(refused, within=30)

        async def refused_there() -> bool:
            answer = await add_task(at(two, ada))
            if answer.status_code != 429:
                return False
            assert answer.json()["type"] == "/problems/day-quota-exceeded"
            assert names in answer.json()["detail"]
            now = datetime.now(UTC)
            left = 86_400 - (now.hour * 60 + now.minute) * 60 - now.second
            assert abs(int(answer.headers["retry-after"]) - left) <= 5 or left > 86_390
            return True

        # The other process hears of it within about a second.
        await until(refused_there)
        assert (await ada.get("/tasks")).status_code == 200
        assert (await add_task(bob)).status_code == 201
        assert (await add_task(at(two, bob))).status_code == 201


async def test_what_keeps_an_account_safe_is_recorded_whatever_its_quota(
    database_url: str, redis_url: str, keys: Path
) -> None:
    given: dict[str, Any] = {"redis_url": redis_url, "events_per_day": 5, "stream_events": 2}
    async with limited(database_url, keys, **given) as [api]:
        bob, root = await api.person("bob"), await administrator(api)
        assert (await bob.ask("PATCH", "/auth/me", {"name": "Bobby"})).status_code == 200
        assert (await bob.ask("PATCH", "/auth/me", {"name": "Robert"})).status_code == 422

        async def refused() -> bool:
            return (await add_task(root)).status_code == 429

        await until(refused, within=30)
        path = f"/accounts/{await account_of(bob)}/disable"
        assert (await root.ask("POST", path, {"reason": "stolen"})).status_code == 200
        assert (await root.ask("DELETE", "/auth/sessions")).status_code == 204


async def test_a_task_that_was_changed_too_often_can_only_be_completed_or_deleted(
    database_url: str, keys: Path
) -> None:
    async with limited(database_url, keys, stream_events=5) as [api]:
        ada = await api.person("ada")
        path = f"/tasks/{(await ada.task())['id']}"
        for number in range(4):
            changed = await ada.ask("PATCH", path, {"title": f"Water them {number}"})
            assert changed.status_code == 200
        refused = await ada.ask("PATCH", path, {"title": "Water them again"})
        assert refused.status_code == 422
        assert "ANNALS_STREAM_EVENTS allows. Make a new task" in refused.json()["detail"]
        unchanged = await ada.ask("PATCH", path, {"title": "Water them 3"})
        assert unchanged.status_code == 200
        assert (await ada.ask("POST", f"{path}/complete")).status_code == 200
        assert (await ada.ask("POST", f"{path}/reopen")).status_code == 422
        assert (await ada.ask("DELETE", path)).status_code == 200
        assert (await add_task(ada)).status_code == 201


async def test_without_limits_nothing_is_counted(database_url: str, keys: Path) -> None:
    none = dict.fromkeys(
        ("tasks", "series", "reminders", "events_per_day", "megabytes_per_day", "stream_events"), 0
    )
    async with limited(database_url, keys, **none) as [api]:
        ada = await api.person("ada")
        for add in (add_task, add_series, add_reminder):
            assert (await add(ada)).status_code < 300
