"""A failover or a restore shortens the log under living processes, and they trust it alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from infrastructure.postgres.migrations import migrate
from infrastructure.rebuilding.verification import verify
from projections.catalogue import VIEWS
from tests.support.clients.live_client import LiveClient
from tests.support.event_log import EVENTS
from tests.support.processes.cli_process import annals
from tests.support.processes.dev_process import annals as command
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import scratch
from tests.support.servers.replicas import PostgresNode, postgres_cluster
from tests.support.servers.restores import ArchivedNode
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

LOST, AFTER = 10, 15  # tasks
GAPS = """
SELECT originator_id FROM stored_events GROUP BY originator_id
HAVING count(*) <> max(originator_version)
"""
NONE_BEYOND = "No reader is beyond the log.\n"
POSITIONS = "SELECT array_agg(notification_id ORDER BY notification_id) FROM stored_events"


class Person:
    """One account at both of the processes, each over connections of its own."""

    def __init__(self, clients: Sequence[httpx.AsyncClient]) -> None:
        self.clients = clients

    async def create(self, title: str, at: int = 0) -> httpx.Response:
        return await self.clients[at].post("/tasks", json={"title": title})

    async def titles(self, at: int, position: str) -> set[str]:
        """Return what the list shows once it has caught up with the position."""
        answer = await self.clients[at].get(
            "/tasks", params={"limit": 200}, headers={"Annals-Min-Position": position}
        )
        assert answer.status_code == 200, answer.text
        return {task["title"] for task in answer.json()["items"]}


@asynccontextmanager
async def person(apis: Sequence[Serving]) -> AsyncIterator[Person]:
    token = await asyncio.to_thread(apis[0].sign_in, f"{uuid4().hex}@annals.example")
    clients = [
        httpx.AsyncClient(
            base_url=f"{api.address}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        for api in apis
    ]
    try:
        yield Person(clients)
    finally:
        for client in clients:
            await client.aclose()


class Mortal(NamedTuple):
    """A database whose history gets shorter.

    `keep` marks what will be left, `lose` takes away the rest; before and after it `before` and
    `after` are the servers that take writes. `address` leads to whichever of them does.
    """

    address: str
    before: PostgresNode
    after: PostgresNode
    keep: Callable[[], object]
    lose: Callable[[], object]


@contextmanager
def failover() -> Iterator[Mortal]:
    with postgres_cluster() as cluster:
        migrate(cluster.primary.url)

        def keep() -> None:
            cluster.wait_until_caught_up()
            cluster.disconnect()

        yield Mortal(cluster.address, cluster.primary, cluster.standby, keep, cluster.fail_over)


@contextmanager
def archived(keep: str, lose: str) -> Iterator[Mortal]:
    with scratch() as folder:
        node = ArchivedNode(folder / "postgres")
        node.start()
        try:
            migrate(node.url)
            if keep != "back_up":
                node.back_up()
            yield Mortal(node.url, node, node, getattr(node, keep), getattr(node, lose))
        finally:
            node.remove()


WAYS: dict[str, Callable[[], AbstractContextManager[Mortal]]] = {
    "a failover": failover,
    "a restore to a moment": partial(archived, "mark_moment", "restore_to_moment"),
    "a base backup put back": partial(archived, "back_up", "put_backup_back"),
}


@pytest.fixture(params=WAYS)
def database(request: pytest.FixtureRequest) -> Iterator[Mortal]:
    with WAYS[request.param]() as shorter:
        yield shorter


async def test_living_processes_forget_what_is_lost(database: Mortal, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "keys").mkdir()
    (folders[1] / "keys").symlink_to(folders[0] / "keys")
    with (
        annals("project", database=database.address, log_level="warning"),
        serving(database.address, folders[0]) as first,
        serving(database.address, folders[1]) as second,
    ):
        async with person([first, second]) as ada:
            await shortened(database, ada)
    for view in VIEWS:
        found = await verify(database.after.url, view, EVENTS, workers=1, progress=_silent)
        assert found.different == 0, (view.name, found.differences)
    assert database.after.query(GAPS) == []
    assert command("recover", database_url=database.after.url).stdout == NONE_BEYOND


async def shortened(database: Mortal, ada: Person) -> None:
    created = await ada.create("kept")
    kept = created.json()["id"]
    listener = LiveClient()
    listening = asyncio.create_task(listener.listen(ada.clients[1]))
    await ada.create("heard", at=1)
    await until(lambda: _true(len(listener.events) >= 1))
    await asyncio.to_thread(database.keep)

    lost = [(await ada.create(f"lost {n}", at=n % 2)).json()["id"] for n in range(LOST)]
    for client in ada.clients:  # both remember a version of the task that will be lost
        patched = await client.patch(f"/tasks/{kept}", json={"title": f"lost {uuid4().hex}"})
        assert patched.status_code == 200
    last = patched.headers["Annals-Position"]
    assert len(await ada.titles(0, last)) == LOST + 2
    [(before,)] = database.before.query(POSITIONS)

    await asyncio.to_thread(database.lose)
    for client in ada.clients:
        await until(partial(_answers, client), within=60)
    # What is recorded before the listener begins anew is in the list, and need not be heard.
    await until(lambda: _true(listener.resyncs >= 1), within=60)
    for client in ada.clients:
        for task in lost:
            assert (await client.get(f"/tasks/{task}")).status_code == 404
        assert (await client.get(f"/tasks/{kept}")).json()["title"] == "kept"
        changed = await client.patch(f"/tasks/{lost[0]}", json={"title": "phantom"})
        assert changed.status_code == 404
        waited = await client.get("/tasks", headers={"Annals-Min-Position": last})
        assert waited.status_code == 410, waited.text
    for client in ada.clients:
        patched = await client.patch(f"/tasks/{kept}", json={"title": f"after {uuid4().hex}"})
        assert patched.status_code == 200
    after = [await ada.create(f"after {n}", at=n % 2) for n in range(AFTER)]
    assert {answer.status_code for answer in after} == {201}
    [(positions,)] = database.after.query(POSITIONS)
    new = {int(answer.headers["Annals-Position"]) for answer in after}
    assert not new & set(before), "a position was given twice"
    assert new <= set(positions)

    for at in (0, 1):
        shown = await ada.titles(at, str(positions[-1]))
        assert {f"after {n}" for n in range(AFTER)} <= shown
        assert not {title for title in shown if title.startswith("lost")}
    await until(lambda: _true(new <= set(listener.positions)), within=60)
    assert listener.resyncs == 1, "the listener was not told to begin anew"
    listening.cancel()
    await asyncio.wait({listening})


async def _answers(client: httpx.AsyncClient) -> bool:
    answer = await client.post("/tasks", json={"title": "probe"})
    return answer.status_code == 201


async def _true(holds: bool) -> bool:
    return holds


def _silent(*_: Any) -> None:
    pass
