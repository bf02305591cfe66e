"""Who listens at one socket shares what comes in."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from interfaces.http.server.shared_socket import SharedSocket
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


class Process:
    """One of those that listen, and how many connections it has."""

    def __init__(self, listening: socket.socket, already: int = 0) -> None:
        self.taken = 0
        self.already = already
        self.door = SharedSocket(listening.dup(), self._welcome, self.connected)
        self.door.open()

    def connected(self) -> int:
        return self.already + self.taken

    def _welcome(self) -> asyncio.Protocol:
        self.taken += 1
        return asyncio.Protocol()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


async def arrive(listening: socket.socket, count: int, *processes: Process) -> None:
    """So many clients at once; return when all of them have been let in."""
    clients = [socket.create_connection(listening.getsockname()) for _ in range(count)]
    before = sum(process.taken for process in processes)

    async def all_in() -> bool:
        return sum(process.taken for process in processes) == before + count

    await until(all_in)
    for client in clients:
        client.close()


async def test_those_who_come_at_once_are_shared_out(listening: socket.socket) -> None:
    one, other = Process(listening), Process(listening)
    await arrive(listening, 64, one, other)
    assert abs(one.taken - other.taken) <= 16, (one.taken, other.taken)
    one.door.close()
    other.door.close()


async def test_who_has_more_leaves_them_to_who_has_fewer(listening: socket.socket) -> None:
    busy, free = Process(listening, already=1_000), Process(listening, already=1)
    for _ in range(20):
        await arrive(listening, 1, busy, free)
    assert free.taken >= 15, (busy.taken, free.taken)
    busy.door.close()
    free.door.close()


async def test_a_crowd_is_soon_in(listening: socket.socket) -> None:
    alone = Process(listening)
    await arrive(listening, 1_000, alone)
    alone.door.close()


async def test_who_has_closed_leaves_them_to_the_others(listening: socket.socket) -> None:
    closed, open_ = Process(listening), Process(listening)
    closed.door.close()
    await arrive(listening, 10, open_)
    assert closed.taken == 0
    open_.door.close()


async def test_without_descriptors_it_says_so_and_takes_them_later(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interfaces.http.server.shared_socket.RETRY_SECONDS", 0.01)
    process = Process(listening)
    with socket.create_connection(listening.getsockname()), capture_logs() as said:
        with no_more_descriptors():
            await until(lambda: asyncio.sleep(0, bool(said)))
        assert said[0]["error"] == "EMFILE"
        await until(lambda: asyncio.sleep(0, process.taken == 1))
    process.door.close()


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as next_one:
        lowest_free = next_one.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
