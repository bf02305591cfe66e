"""The consumer of docs/kafka.md, as it stands there, ends with what the API says."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from domain.vocabulary import Status
from infrastructure.config.settings import Settings
from infrastructure.security.signing_key import fill_key_folder
from projections.publishing.public_events import KafkaTopic
from tests.support.api import Person, projecting, running_api, settings_for
from tests.support.event_log import Log, open_log
from tests.support.kafka.brokers import Broker
from tests.support.kafka.relay import relay_settings, relaying, topic_names
from tests.support.waiting import until

PAGE = Path(__file__).parents[2] / "docs/kafka.md"
RECIPE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL))


async def test_the_documented_consumer_ends_with_the_tasks_of_the_api(
    database_url: str, kafka: Broker, tmp_path: Path
) -> None:
    settings = relay_settings(database_url, kafka)
    fill_key_folder(tmp_path / "keys")
    served = settings_for(database_url, tmp_path / "keys")
    async with (
        running_api(served) as api,
        projecting(served),
        open_log(database_url) as log,
        relaying(settings),
    ):
        people = [await api.person(name) for name in ("ada", "bob", "eve")]
        for person in people:
            await busy_day(person)
            await busy_year(person, log)
        await settled(log)
        found = await asyncio.to_thread(consumed, settings, await happenings(log))
        shown: dict[str, Any] = {}
        for person in people:
            page = (await person.get(f"/tasks?status={','.join(Status)}&limit=200")).json()
            assert page["next_cursor"] is None
            shown |= {task["id"]: task for task in page["items"]}
    assert found.keys() == shown.keys()
    assert {task["status"] for task in shown.values()} == set(Status)
    for task_id, task in shown.items():
        assert {field: found[task_id].get(field) for field in task} == task


async def busy_day(person: Person) -> None:
    """Everything that can happen to a task, in one order or another."""
    kept = await person.task("Water the plants", tags=["home"], due_at="2030-01-01T18:00:00+02:00")
    done = await person.task("Pay", priority="high", description="The rent.")
    gone = await person.task("Read")
    for method, task, rest, body in (
        ("PATCH", kept, "", {"title": "Water them all", "tags": ["green", "home"]}),
        ("PATCH", kept, "", {"due_at": None}),
        ("POST", kept, "/tags", {"tags": ["cool"]}),
        ("DELETE", kept, "/tags/home", None),
        ("POST", done, "/complete", None),
        ("POST", gone, "/complete", None),
        ("POST", gone, "/reopen", None),
        ("DELETE", gone, "", None),
        ("POST", gone, "/restore", None),
        ("PATCH", gone, "", {"description": "A page a day", "priority": "low"}),
        ("DELETE", gone, "", None),
    ):
        answer = await person.ask(method, f"/tasks/{task['id']}{rest}", body)
        assert answer.status_code == 200, answer.text


async def busy_year(person: Person, log: Log) -> None:
    """Everything that can happen to what recurs."""

    async def recurring(wish: dict[str, Any]) -> dict[str, Any]:
        task = await person.task("Water", tags=["home"], due_at="2030-01-01T09:00:00+01:00")
        return await asked("PUT", f"/tasks/{task['id']}/recurrence", wish)

    async def asked(method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = await person.ask(method, path, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def made(recurrence: dict[str, Any]) -> list[str]:
        """Return the tasks of the series, once all that is to follow has followed."""
        await settled(log)
        series = recurrence["series"]["id"]
        return [
            task["id"]
            for task in (await asked("GET", f"/tasks?series_id={series}&sort=due_at"))["items"]
        ]

    weekly = {"rrule": "FREQ=WEEKLY", "timezone": "Europe/Berlin"}
    ahead = weekly | {"ahead": "horizon", "dtstart": soon()}

    one_by_one = await recurring(weekly | {"reminders": ["PT15M"]})
    for what in ("complete", "skip"):
        latest = (await made(one_by_one))[-1]
        await asked("POST", f"/tasks/{latest}/{what}")
    await asked("POST", f"/tasks/{latest}/unskip")
    last = (await made(one_by_one))[-1]
    await asked("POST", f"/tasks/{last}/skip")
    await asked("DELETE", f"/tasks/{last}")
    await asked("POST", f"/tasks/{last}/restore")
    await asked("PATCH", f"/tasks/{last}", {"title": "Only this one", "tags": ["garden"]})
    await asked("PATCH", f"/tasks/{last}", {"due_at": "2030-03-01T12:00:00Z"})

    split = await recurring(ahead)
    tasks = await made(split)
    await asked("POST", f"/tasks/{tasks[1]}/complete")
    await asked("PATCH", f"/tasks/{tasks[3]}?scope=all", {"priority": "high", "tags": ["green"]})
    await asked("PATCH", f"/tasks/{tasks[5]}?scope=following", {"title": "Feed the cat"})
    await settled(log)
    await asked("DELETE", f"/tasks/{tasks[8]}/recurrence")

    other_rule = await recurring(ahead)
    tasks = await made(other_rule)
    every_other = ahead | {"rrule": "FREQ=WEEKLY;INTERVAL=2"}
    await asked("PUT", f"/tasks/{tasks[0]}/recurrence?scope=all", every_other)
    await settled(log)
    await asked("PUT", f"/tasks/{tasks[0]}/recurrence?scope=all", ahead)
    tasks = await made(other_rule)
    monthly = weekly | {"rrule": "FREQ=MONTHLY;COUNT=2"}
    await asked("PUT", f"/tasks/{tasks[2]}/recurrence?scope=following", monthly)
    await asked("PUT", f"/tasks/{tasks[0]}/recurrence?scope=this", weekly)


def soon() -> str:
    """The wall time at which a series begins that is made ahead."""
    return f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}T09:00:00"


async def settled(log: Log) -> None:
    """Return once everybody has followed the log to its end, and nobody has added to it."""

    async def followed() -> bool:
        cursor = await log.connection.execute(
            "SELECT min(notification_id) FROM notification_tracking"
        )
        (position,) = await cursor.fetchone() or (0,)
        return bool(position == await log.end())

    await until(followed, within=60)


async def happenings(log: Log) -> int:
    """How much has happened to tasks and series."""
    cursor = await log.connection.execute(
        "SELECT count(*) FROM stored_events WHERE split_part(topic, '.', 1) = ANY(%s)",
        (["task", "series", "reminder"],),
    )
    row = await cursor.fetchone()
    assert row
    return int(row[0])


def consumed(settings: Settings, count: int) -> dict[str, Any]:
    """Run the recipe until it has been told of so much."""
    recipe: dict[str, Any] = {}
    exec(compile(RECIPE, PAGE.name, "exec"), recipe)  # noqa: S102 - it is our own page
    names = topic_names(settings)
    topics = names[KafkaTopic.TASKS], names[KafkaTopic.RECURRENCE], names[KafkaTopic.REMINDERS]
    events = recipe["events"](settings.kafka.bootstrap_servers_or_fail, *topics)
    states: Iterator[dict[str, Any]] = recipe["tasks"](islice(events, count))
    *_, last = states
    return last
