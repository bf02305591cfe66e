"""The consumer of docs/kafka.md, as it stands there, ends with what the API says."""

import asyncio
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from domain.vocabulary import Status
from infrastructure.key_ring import first_key
from infrastructure.settings import Settings
from projections.task_list import TaskList
from projections.told import Topic
from tests.api import Person, projecting, running_api, settings_for
from tests.kafka.brokers import Broker
from tests.kafka.relaying import relay_settings, relayed, relaying, topic_names
from tests.log import Log, open_log

PAGE = Path(__file__).parents[2] / "docs/kafka.md"
RECIPE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL))


async def test_the_documented_consumer_ends_with_the_tasks_of_the_api(
    database_url: str, kafka: Broker, tmp_path: Path
) -> None:
    settings = relay_settings(database_url, kafka)
    first_key(tmp_path / "keys")
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
        await relayed(log)
        await log.caught_up(TaskList())
        found = await asyncio.to_thread(consumed, settings, await happenings(log))
        shown: dict[str, Any] = {}
        for person in people:
            page = (await person.get(f"/tasks?status={','.join(Status)}&limit=100")).json()
            shown |= {task["id"]: task for task in page["items"]}
    assert found.keys() == shown.keys()
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


async def happenings(log: Log) -> int:
    """How much has happened to tasks."""
    cursor = await log.connection.execute(
        "SELECT count(*) FROM stored_events WHERE topic ^@ 'task.' OR topic ^@ 'reminder.'"
    )
    row = await cursor.fetchone()
    assert row
    return int(row[0])


def consumed(settings: Settings, count: int) -> dict[str, Any]:
    """Run the recipe until it has been told of so much."""
    recipe: dict[str, Any] = {}
    exec(compile(RECIPE, PAGE.name, "exec"), recipe)  # noqa: S102 - it is our own page
    names = topic_names(settings)
    topics = names[Topic.TASKS], names[Topic.RECURRENCE], names[Topic.REMINDERS]
    events = recipe["events"](settings.require("kafka_bootstrap_servers"), *topics)
    states: Iterator[dict[str, Any]] = recipe["tasks"](islice(events, count))
    *_, last = states
    return last
