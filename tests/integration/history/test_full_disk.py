"""A disk without room refuses writes, loses nothing acknowledged, and is used again once it has.

Where nothing may be mounted, a trigger refuses as a full disk does; the end of the run says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from infrastructure.postgres.migrations import migrate
from tests.support.api import Answer, Api, Person, projecting, running_api, settings_for
from tests.support.servers.databases import scratch
from tests.support.servers.replicas import OPTIONS, PostgresNode
from tests.support.servers.small_disk import may_mount, small_disk
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

READY = "http://annals.test/health/ready"
MOST = 400  # tasks that fit into the pages there are
MORE = 512 * 1024  # bytes of write-ahead log, for some tasks
REFUSE = """
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER disk_full BEFORE INSERT ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION disk_full();
"""


class Disk(NamedTuple):
    """The disk of a server."""

    node: PostgresNode
    fill: Callable[[], object]
    empty: Callable[[], object]


@contextmanager
def started(home: Path) -> Iterator[PostgresNode]:
    node = PostgresNode(home, OPTIONS)
    node.start()
    try:
        migrate(node.url)
        yield node
    finally:
        node.remove()


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk]:
    with ExitStack() as stack:
        if may_mount():
            small = stack.enter_context(small_disk())
            node = stack.enter_context(started(small.folder / "postgres"))
            yield Disk(node, small.fill, small.empty)
        else:
            folder = stack.enter_context(scratch())
            node = stack.enter_context(started(folder / "postgres"))
            drop = "DROP FUNCTION disk_full CASCADE"
            yield Disk(node, partial(node.query, REFUSE), partial(node.query, drop))


@asynccontextmanager
async def people(node: PostgresNode, keys: Path, name: str) -> AsyncIterator[tuple[Api, Person]]:
    settings = settings_for(node.url, keys, log_level="critical")
    async with running_api(settings) as api, projecting(settings):
        yield api, await api.person(name)


async def create(person: Person, title: str) -> Answer:
    return await person.ask("POST", "/tasks", {"title": title})


async def fill_up(person: Person) -> tuple[set[str], Answer]:
    """Create tasks until one is refused; return the titles of the others, and the refusal."""
    stored: set[str] = set()
    for number in range(MOST):
        answer = await create(person, f"task {number}")
        if answer.status_code != 201:
            return stored, answer
        stored.add(f"task {number}")
    raise AssertionError("the disk is never full")


async def stores_again(person: Person) -> Answer:
    answers = list[Answer]()

    async def stored() -> bool:
        answers.append(await create(person, "after"))
        return answers[-1].status_code == 201

    await until(stored, within=30)
    return answers[-1]


async def titles(person: Person, position: str) -> set[str]:
    """Return the titles of all tasks, once the view has come to the position."""
    path, found = "/tasks?limit=200", set[str]()
    while path:
        answer = await person.get(path, annals_min_position=position)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found |= {task["title"] for task in page["items"]}
        cursor = page["next_cursor"]
        path = f"/tasks?limit=200&cursor={cursor}" if cursor else ""
    return found


async def test_a_full_disk_refuses_writes_and_nothing_else(disk: Disk, keys: Path) -> None:
    async with people(disk.node, keys, "ada") as (api, ada):
        assert (await create(ada, "before")).status_code == 201
        disk.fill()
        stored, refusal = await fill_up(ada)
        assert refusal.status_code == 503
        assert "disk is full" in refusal.json()["detail"]
        assert int(refusal.headers["Retry-After"]) > 1
        ready = await api.http.get(READY)
        assert (ready.status_code, ready.json()["writes"]) == (503, "refused")
        assert ready.json()["database"] == "up"
        assert (await ada.get("/tasks")).status_code == 200
        disk.empty()
        last = await stores_again(ada)
        assert await is_ready(api)
        shown = await titles(ada, last.headers["Annals-Position"])
        assert shown == stored | {"before", "after"}


async def test_a_write_ahead_log_that_cannot_grow_stops_the_server_and_loses_nothing(
    disk: Disk, keys: Path
) -> None:
    """PostgreSQL panics, and cannot recover without room. Whoever supervises it starts it again
    then; no process of ours needs to be."""
    [(written,)] = disk.node.query(
        "SELECT file_offset FROM pg_walfile_name_offset(pg_current_wal_lsn())"
    )
    await asyncio.to_thread(disk.node.stop)
    await asyncio.to_thread(disk.node.start, most=written + MORE)
    async with people(disk.node, keys, "bob") as (api, bob):
        stored, refusal = await fill_up(bob)
        assert stored
        assert refusal.status_code == 503
        ready = await api.http.get(READY)
        assert (ready.status_code, ready.json()["writes"]) == (503, "refused")
        await asyncio.to_thread(disk.node.kill)
        await asyncio.to_thread(disk.node.start)
        last = await stores_again(bob)
        await until(partial(is_ready, api), within=30)
        shown = await titles(bob, last.headers["Annals-Position"])
        assert shown >= stored | {"after"}
        # The answer to the one that was refused was lost, not necessarily its commit.
        assert len(shown) <= len(stored) + 2


async def is_ready(api: Api) -> bool:
    return (await api.http.get(READY)).status_code == 200
