"""Administrators rebuild and verify views over HTTP; a process that follows the log does it."""

import multiprocessing
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infrastructure.config.settings import Settings
from infrastructure.postgres.connections import connect
from infrastructure.rebuilding.shadow_table import shadow_of
from projections.views.tasks.task_list import TaskListView
from tests.support.api import Api, Person, projecting
from tests.support.processes.cli_process import annals, killed
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
Run = dict[str, Any]


async def requested(person: Person, path: str, **headers: str) -> Run:
    answer = await person.ask("POST", f"/operations/{path}", **headers)
    assert answer.status_code == 202, answer.text
    accepted: Run = answer.json()
    assert answer.headers["location"] == f"/api/v1/operations/runs/{accepted['id']}"
    return accepted


async def ask(person: Person, path: str) -> Run:
    answer = await person.get(f"/operations/{path}")
    assert answer.status_code == 200, answer.text
    found: Run = answer.json()
    return found


async def shown(person: Person, run: Run) -> Run:
    answer = await person.get(f"/operations/runs/{run['id']}")
    found: Run = answer.json() if answer.status_code == 200 else {"state": "unknown"}
    return found


async def ended(person: Person, run: Run) -> Run:
    """Wait for the end of a run; return it."""

    async def has_ended() -> bool:
        return (await shown(person, run)).get("ended_at") is not None

    await until(has_ended, within=30)
    return await shown(person, run)


async def running(person: Person, run: Run, phase: str) -> Run:
    """Wait until a run is in a phase; return it."""

    async def is_there() -> bool:
        progress = (await shown(person, run)).get("progress")
        return progress is not None and progress["phase"] == phase

    await until(is_there, within=30)
    return await shown(person, run)


async def taken_again(person: Person, run: Run) -> bool:
    return bool((await shown(person, run))["starts"] == 2)


def children() -> set[int]:
    return {process.pid or 0 for process in multiprocessing.active_children()}


def children_of(pid: int) -> list[Path]:
    """Where Linux shows the processes that this process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path("/proc") / child / "environ" for child in listed]


async def gone(processes: Sequence[Path]) -> bool:
    """Whether they have ended; what has ended and waits for its parent has no environment."""
    for path in processes:
        with suppress(OSError):
            if path.read_bytes():
                return False
    return True


@asynccontextmanager
async def held(settings: Settings) -> AsyncIterator[None]:
    """Another process rebuilds the task list: a run of it waits."""
    async with (
        await connect(settings.database.url_or_fail) as connection,
        shadow_of(connection, TaskListView()),
    ):
        yield


async def test_a_view_is_rebuilt_and_verified_and_the_audit_trail_says_by_whom(
    ada: Person,
    admin: Person,
    auditor: Person,
    views: None,
) -> None:
    await ada.task()
    rebuild = await requested(admin, "views/task_list/rebuild", idempotency_key="once")
    assert await requested(admin, "views/task_list/rebuild", idempotency_key="once") == rebuild
    verify = await requested(admin, "views/task_list/verify")
    assert (verify["view"], verify["kind"]) == ("task_list", "verify")
    done = await ended(auditor, verify)
    assert (done["state"], done["rows"], done["different"]) == ("succeeded", 1, 0)
    listed = await ask(auditor, "runs?limit=1")
    assert [each["id"] for each in listed["items"]] == [verify["id"]]
    rest = (await ask(auditor, f"runs?cursor={listed['next_cursor']}"))["items"]
    assert [(each["id"], each["state"]) for each in rest] == [(rebuild["id"], "succeeded")]
    assert rest[0]["starts"] == 1
    assert rest[0]["progress"] is None
    account = (await admin.get("/auth/me")).json()["id"]
    trail = await auditor.get(f"/audit/view_run/{rebuild['id']}")
    entries = [(each["action"], each["actor"]) for each in trail.json()["items"]]
    assert sorted(entries) == [
        ("view_run.ended", "system:project"),
        ("view_run.requested", account),
        ("view_run.started", "system:project"),
    ]
    assert children() == set()


@pytest.mark.usefixtures("database_url")
async def test_verification_names_the_rows_and_columns_that_differ_but_not_what_they_hold(
    settings: Settings,
    ada: Person,
    admin: Person,
    views: None,
) -> None:
    forged, missing = await ada.task("Water"), await ada.task("Repot")
    position = (await ada.get(f"/tasks/{missing['id']}")).headers["annals-position"]
    await ada.get("/tasks", annals_min_position=position)
    with psycopg.connect(settings.database.url_or_fail, autocommit=True) as connection:
        connection.execute("UPDATE task_list SET title = 'x' WHERE id = %s", (forged["id"],))
        connection.execute("DELETE FROM task_list WHERE id = %s", (missing["id"],))
    found = await ended(admin, await requested(admin, "views/task_list/verify"))
    assert (found["state"], found["rows"], found["different"]) == ("succeeded", 1, 2)
    by_key = {each["key"]: each for each in found["differences"]}
    assert "title" in by_key[forged["id"]]["columns"]
    assert by_key[forged["id"]]["missing_in"] is None
    assert by_key[missing["id"]]["missing_in"] == "table"
    assert "Water" not in str(found)
    await ended(admin, await requested(admin, "views/task_list/rebuild"))
    whole = await ended(admin, await requested(admin, "views/task_list/verify"))
    assert (whole["rows"], whole["different"]) == (2, 0)


async def test_a_run_waits_for_another_process_and_is_cancelled_meanwhile(
    settings: Settings,
    admin: Person,
    views: None,
) -> None:
    async with held(settings):
        run = await requested(admin, "views/task_list/rebuild")
        behind = await requested(admin, "views/history/rebuild")
        seen = await running(admin, run, "waiting")
        assert (seen["state"], seen["progress"]["events_per_second"]) == ("running", None)
        assert (await shown(admin, behind))["state"] == "requested"
        for each in (behind, run, run):  # cancelling again changes nothing
            assert await requested(admin, f"runs/{each['id']}/cancel") == each
        assert (await ended(admin, run))["state"] == "cancelled"
    assert (await ended(admin, behind))["starts"] == 0
    assert (await admin.ask("POST", f"/operations/runs/{run['id']}/cancel")).status_code == 409
    assert children() == set()


async def test_a_run_whose_process_is_killed_is_taken_again(
    settings: Settings,
    admin: Person,
    views: None,
) -> None:
    async with held(settings):
        run = await requested(admin, "views/task_list/rebuild")
        await running(admin, run, "waiting")
        [process] = multiprocessing.active_children()
        process.kill()
        await until(partial(taken_again, admin, run), within=30)
    assert (await ended(admin, run))["state"] == "succeeded"


async def test_a_run_is_finished_by_the_next_process_that_follows_the_log(
    settings: Settings,
    api: Api,
    admin: Person,
) -> None:
    async with held(settings):
        async with projecting(settings):
            run = await requested(admin, "views/task_list/rebuild")
            await running(admin, run, "waiting")
        assert children() == set()  # stopped in order
        with annals("project", database=settings.database.url_or_fail) as process:
            await until(partial(taken_again, admin, run), within=60)
            await running(admin, run, "waiting")
            work = children_of(process.pid)
            await killed(process)
        assert work
        await until(partial(gone, work))  # killed with the process that started it
    async with projecting(settings):
        done = await ended(admin, run)
    assert (done["state"], done["starts"]) == ("succeeded", 3)


@pytest.mark.usefixtures("database_url")
async def test_only_administrators_start_and_cancel_runs_of_views_that_exist(
    ada: Person,
    admin: Person,
    auditor: Person,
    views: None,
) -> None:
    for person in (ada, auditor):
        for path in ("views/task_list/rebuild", "views/task_list/verify", f"runs/{uuid4()}/cancel"):
            assert (await person.ask("POST", f"/operations/{path}")).status_code == 403
    for path in ("runs", f"runs/{uuid4()}"):
        assert (await ada.get(f"/operations/{path}")).status_code == 403
    unknown: Sequence[tuple[str, str]] = (
        ("POST", "views/tasks/rebuild"),
        ("POST", f"runs/{uuid4()}/cancel"),
        ("GET", f"runs/{uuid4()}"),
    )
    for method, path in unknown:
        assert (await admin.ask(method, f"/operations/{path}")).status_code == 404
    assert (await ask(auditor, "runs"))["items"] == []
