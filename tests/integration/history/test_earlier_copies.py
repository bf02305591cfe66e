"""An earlier copy of the files is put back under living processes: no position is given again."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from infrastructure.postgres.connections import connect
from infrastructure.postgres.histories import DatabaseHistory
from infrastructure.postgres.migrations import migrate
from tests.support.servers.databases import scratch
from tests.support.servers.replicas import PostgresNode
from tests.support.servers.restores import ArchivedNode

pytestmark = pytest.mark.anyio

APPEND = """
INSERT INTO stored_events (originator_id, originator_version, topic, state)
VALUES (%s, 1, 'others:Event', '{}') RETURNING notification_id
"""


@pytest.fixture
def server() -> Iterator[ArchivedNode]:
    """One for each test: the kernel ends it with the thread that has started it again."""
    with scratch() as folder:
        node = ArchivedNode(folder / "postgres")
        node.start()
        migrate(node.url)
        yield node
        node.remove()


def append(server: PostgresNode, events: int) -> list[int]:
    """Record events that none of the processes has seen; return their positions."""
    return [position for _ in range(events) for (position,) in server.query(APPEND, uuid4())]


async def compare(server: PostgresNode, process: str) -> DatabaseHistory:
    """Let a process compare over a new connection; return what it knows then."""
    url = f"{server.url}?fallback_application_name={process}"  # a process knows one address
    async with await connect(url) as connection:
        assert connection.watch.history is not None
        return connection.watch.history


@pytest.mark.parametrize("later_history", [False, True], ids=["same history", "earlier history"])
async def test_who_connects_first_begins_a_new_history_beyond_all_that_was_lost(
    server: ArchivedNode, *, later_history: bool
) -> None:
    append(server, 3)
    await asyncio.to_thread(server.back_up)
    if later_history:
        server.query("SELECT annals_begin_history()")
    lost = append(server, 5)
    for process in ("one", "two"):
        await compare(server, process)
    await asyncio.to_thread(server.put_backup_back)
    first = await compare(server, "one")
    after = append(server, 9)  # the log is longer now than it was
    second = await compare(server, "two")
    assert min(after) > max(lost)
    assert second.start == first.start > max(lost)


async def test_no_end_of_a_server_begins_a_new_history(server: ArchivedNode) -> None:
    append(server, 3)
    before = await compare(server, "three")
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    crashed = await compare(server, "three")
    await asyncio.to_thread(server.kill_backend)
    recovered = await compare(server, "three")
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    restarted = await compare(server, "three")
    lives = [before, crashed, recovered, restarted]
    assert len({life.identity for life in lives}) == len(lives)
    assert {life.start for life in lives} == {before.start}
