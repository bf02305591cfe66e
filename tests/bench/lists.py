"""A list with ten thousand tasks: how long its deletion takes, the undo of it, and the redo."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg

from tests.bench.figures import Figure
from tests.bench.http import sign_in
from tests.support.processes.dev_process import data_folder, dev_process
from tests.support.processes.serve_processes import Serving
from tests.support.waiting import wait_until

TASKS, IN_A_BATCH = 10_000, 100
WITHIN_SECONDS = 300.0


def run() -> list[Figure]:
    with data_folder() as folder, dev_process(folder, log_level="warning") as tree:
        api = Serving(int(tree.address.rpartition(":")[2]), [], tree.output)
        bearer = {"Authorization": f"Bearer {sign_in(api)}"}
        with (
            psycopg.connect(tree.database_url, autocommit=True) as database,
            httpx.Client(base_url=f"{api.address}/api/v1", headers=bearer, timeout=60) as client,
        ):
            home = client.post("/lists", json={"name": "Home"}).raise_for_status().json()["id"]
            for first in range(0, TASKS, IN_A_BATCH):
                _fill(client, home, first)
            _wait(database, home, TASKS)
            with _timed() as emptied:
                gone = client.delete(f"/lists/{home}?tasks=delete").raise_for_status()
                _wait(database, home, 0)
            with _timed() as undone:
                back = _undo(client, gone)
                _wait(database, home, TASKS)
            with _timed() as redone:
                _undo(client, back)
                _wait(database, home, 0)
    return [
        Figure(
            what=f"{what} of a list with {TASKS:,} tasks until the view shows it",
            value=seconds[0],
            unit="s",
            goal=60,
            at_most=True,
        )
        for what, seconds in (
            ("deletion", emptied),
            ("undo of the deletion", undone),
            ("redo of the deletion", redone),
        )
    ]


def _fill(client: httpx.Client, list_id: str, first: int) -> None:
    requests = [
        {
            "id": str(number),
            "method": "POST",
            "url": "/tasks",
            "body": {"title": f"Task number {number}", "list_id": list_id},
        }
        for number in range(first, first + IN_A_BATCH)
    ]
    answer = client.post("/batch", json={"requests": requests, "atomic": True})
    assert answer.text.count('"status":201') == IN_A_BATCH, answer.text[:500]


def _undo(client: httpx.Client, change: httpx.Response) -> httpx.Response:
    path = f"/changes/{change.headers['annals-change']}/undo"
    return client.post(path).raise_for_status()


def _wait(database: psycopg.Connection, list_id: str, tasks: int) -> None:
    """Wait until the view shows so many tasks of a list that are not deleted."""

    def shown() -> bool:
        [[found]] = database.execute(
            "SELECT count(*) FROM task_list WHERE list_id = %s AND deleted_at IS NULL", (list_id,)
        ).fetchall()
        return bool(found == tasks)

    wait_until(shown, within=WITHIN_SECONDS)


@contextmanager
def _timed() -> Iterator[list[float]]:
    seconds: list[float] = []
    began = time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - began)
