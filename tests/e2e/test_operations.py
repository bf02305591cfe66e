"""Those who look after the views do so at the command line, and are told plainly how it went."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.events.tasks import TaskCompleted, TaskCreated
from projections.views.audit_trail.history import History
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA
from tests.support.processes.dev_process import ANNALS, annals, environment

CREATED = TaskCreated(owner=ADA, title="Water the plants")
NOTHING = TaskCreated(owner=ADA, title="nothing\0ness")


def written(url: str, story: Callable[[Log], Awaitable[UUID]]) -> UUID:
    """What a story returns that is written to the log and folded into two views."""

    async def tell() -> UUID:
        async with open_log(url) as log:
            found = await story(log)
            await log.folded(TaskListView())
            await log.folded(History())
            return found

    return asyncio.run(tell())


@pytest.fixture
def task(database_url: str) -> UUID:
    """A task that was completed, in the log and in the views."""
    return written(database_url, lambda log: log.happened(CREATED, TaskCompleted()))


def test_views_are_listed_with_their_lag(database_url: str, task: UUID) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
            " SELECT %s, 1, topic, state FROM stored_events LIMIT 1",
            (uuid4(),),
        )
    listed = annals("views", database_url=database_url)
    rows = {line.split()[0]: line.split()[1:] for line in listed.stdout.splitlines()}
    position, lag, _seconds, dead, count = rows["task_list"]
    assert (position, lag, dead, count) == ("2", "1", "0", "1")
    assert rows["accounts"][:2] == ["0", "3"]


def test_a_view_is_rebuilt_and_found_to_be_right(database_url: str, task: UUID) -> None:
    rebuilt = annals("views", "rebuild", "task_list", "--workers", "1", database_url=database_url)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "task_list: rebuilt up to position 2 in" in rebuilt.stdout
    verified = annals("views", "verify", "task_list", database_url=database_url)
    assert verified.returncode == 0
    assert "all 1 rows match the log" in verified.stdout


def test_a_wrong_view_ends_verification_with_an_exit_code(database_url: str, task: UUID) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE task_list SET title = 'forged'")
    verified = annals("views", "verify", "task_list", database_url=database_url)
    assert verified.returncode == 1
    assert "1 of 1 rows differ" in verified.stdout
    assert str(task) in verified.stdout
    assert "forged" in verified.stdout
    every = annals("views", "verify", "--all", database_url=database_url)
    assert every.returncode == 1
    assert "task_list: 1 of 1 rows differ" in every.stdout
    assert "accounts: all 0 rows match the log" in every.stdout


def test_a_rebuild_goes_on_past_an_event_that_cannot_be_read(database_url: str) -> None:
    written(database_url, lambda log: log.happened(NOTHING))
    rebuilt = annals("views", "rebuild", "task_list", database_url=database_url)
    assert rebuilt.returncode == 1
    assert "task_list: rebuilt up to position 1 in" in rebuilt.stdout
    assert "task_list: 1 events are parked\n  position 1, task.created: " in rebuilt.stdout
    assert "Traceback" not in rebuilt.stderr


def test_the_log_of_one_stream_is_shown(database_url: str, task: UUID) -> None:
    shown = annals("events", "show", str(task), database_url=database_url)
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [line["event"]["type"] for line in lines] == ["task.created", "task.completed"]
    assert [line["position"] for line in lines] == [1, 2]
    nothing = annals("events", "show", str(uuid4()), database_url=database_url)
    assert nothing.returncode == 1
    assert "has no events" in nothing.stderr


def test_the_end_of_the_log_is_followed(database_url: str, task: UUID) -> None:
    command = ["events", "tail", "--last", "1"]
    with subprocess.Popen(
        [*ANNALS, *command],
        env=environment(database_url=database_url) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
    ) as tail:
        assert tail.stdout
        assert json.loads(tail.stdout.readline())["event"]["type"] == "task.completed"
        written(database_url, lambda log: log.happened(CREATED))
        assert json.loads(tail.stdout.readline())["event"]["type"] == "task.created"
        tail.kill()


def test_dead_events_are_listed_tried_again_and_discarded(database_url: str) -> None:
    poisoned = written(database_url, lambda log: log.happened(NOTHING))
    listed = annals("dead", "list", database_url=database_url)
    assert listed.stdout.count(str(poisoned)) == 2
    again = annals("dead", "retry", "--view", "task_list", database_url=database_url)
    assert again.returncode == 1
    assert str(poisoned) in again.stdout
    history = annals("dead", "retry", "--view", "history", database_url=database_url)
    assert "annals views rebuild history" in history.stderr
    for view in ("task_list", "history"):
        assert annals("dead", "discard", view, "1", database_url=database_url).returncode == 0
    assert "No event is parked" in annals("dead", "list", database_url=database_url).stdout


def test_what_no_view_set_aside_is_named_with_what_to_do_and_discarded(database_url: str) -> None:
    poisoned = written(database_url, lambda log: log.happened(NOTHING))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO dead_events (view, position, stream, version, topic, error)"
            " SELECT name, 7, %s, 1, 'task.sung', 'no tune' FROM unnest(%s::text[]) AS name",
            (uuid4(), ["relay", "recurrence"]),
        )
    again = annals("dead", "retry", database_url=database_url)
    assert again.returncode == 1
    assert "relay: position 7: send it with `annals relay replay --from 7 --to 7`" in again.stdout
    assert "`annals dead discard recurrence 7`" in again.stdout
    assert f"task_list: stream {poisoned}" in again.stdout  # tried, whatever became of the rest
    assert "annals views rebuild history" in again.stderr
    for name in ("relay", "recurrence"):
        listed = annals("dead", "list", "--view", name, database_url=database_url)
        assert listed.stdout.count("task.sung") == 1
        assert annals("dead", "discard", name, "7", database_url=database_url).returncode == 0
