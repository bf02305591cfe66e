"""Live updates: how soon, to how many, and at what cost while nothing happens."""

import asyncio
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import cast

import uvloop

from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.bench.http import sign_in
from tests.support.clients.load_client import connect, request
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import postgres_server, valkey_server

CHANGES = 100  # a second
SECONDS = 6.0
IDLE, MANY = 10_000, 1_000
TICKS = 100  # of the kernel's clock in a second

BODY = b'{"title":"Water the plants"}'
POSITION = re.compile(rb'"sequence":"(\d+)"')


def run() -> list[Figure]:
    with (
        postgres_server({}) as postgres,
        valkey_server() as redis,
        tempfile.TemporaryDirectory() as folder,
    ):
        generous = {
            "connections_per_address": "0",
            "live_streams": "10000",
            "live_rate": "1000000",
            "redis_url": redis,
        }
        url = postgres.create("live")
        migrate(url)
        with serving(url, Path(folder), processes=1, **generous) as api:
            token = sign_in(api)
            soon = uvloop.run(_latency(api, token))
            delivered, expected, resyncs = uvloop.run(_fan_out(api, token))
        with serving(url, Path(folder), processes=1, **generous) as api:
            served, memory, cpu = uvloop.run(_idle(api, token))
    return [
        Figure(
            what=f"command to client at {CHANGES} changes/s, p95",
            value=statistics.quantiles(soon, n=20)[18] * 1000,
            unit="ms",
            goal=150,
            at_most=True,
            note=f"median {statistics.median(soon) * 1000:.0f} ms",
        ),
        Figure(
            what=f"{MANY:,} connections × {CHANGES} changes/s: delivered",
            value=100 * delivered / expected,
            unit="%",
            goal=100,
            note=f"{delivered / SECONDS:,.0f} messages/s, {resyncs} resyncs",
        ),
        Figure(
            what=f"{IDLE:,} idle streams on one process: served",
            value=served,
            unit="streams",
            goal=IDLE,
        ),
        Figure(what="… its memory", value=memory, unit="MB", goal=600, at_most=True),
        Figure(what="… its processor time", value=cpu, unit="% of a core", goal=10, at_most=True),
    ]


class Listener(asyncio.Protocol):
    """One event stream; `seen` is told each position and when it came."""

    def __init__(self, asked: bytes, seen: "Seen") -> None:
        self._asked = asked
        self._seen = seen
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._asked)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        *events, self._rest = self._rest.split(b"\n\n")
        for event in events:
            self._seen(event)


class Seen:
    """What all listeners together were told."""

    def __init__(self) -> None:
        self.begun = 0
        self.events = 0
        self.resyncs = 0
        self.first: dict[int, float] = {}

    def __call__(self, event: bytes) -> None:
        if b"retry:" in event:
            self.begun += 1
        elif b"event: resync" in event:
            self.resyncs += 1
        elif found := POSITION.search(event):
            self.events += 1
            self.first.setdefault(int(found[1]), time.perf_counter())


async def _listen(api: Serving, token: str, count: int) -> tuple[Seen, list[Listener]]:
    seen, loop = Seen(), asyncio.get_running_loop()
    asked = request("GET", "/api/v1/stream", token=token)
    listeners: list[Listener] = []
    for start in range(0, count, 100):
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda: Listener(asked, seen), "127.0.0.1", api.port)
                for _ in range(min(100, count - start))
            )
        )
        listeners += [listener for _, listener in made]
        async with asyncio.timeout(60):
            while seen.begun < len(listeners):  # noqa: ASYNC110 - lines come when they come
                await asyncio.sleep(0.01)
    return seen, listeners


async def _change(api: Serving, token: str) -> dict[int, float]:
    """Make changes at a steady pace; return when the request of each was sent, by position."""
    asked = request("POST", "/api/v1/tasks", BODY, token=token)
    sent: dict[int, float] = {}
    connections = [await connect(api.port) for _ in range(4)]

    async def client(number: int) -> None:
        due = time.perf_counter() + number / CHANGES
        for _ in range(int(SECONDS * CHANGES / len(connections))):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            answer = await connections[number].ask(asked)
            assert answer.status == 201, answer.body
            sent[len(sent)] = began
            due += len(connections) / CHANGES

    await asyncio.gather(*(client(number) for number in range(len(connections))))
    for connection in connections:
        connection.close()
    return sent


async def _latency(api: Serving, token: str) -> list[float]:
    seen, listeners = await _listen(api, token, 1)
    sent = await _change(api, token)
    await asyncio.sleep(1)
    # Positions rise as the answers came, so the n-th event answers the n-th request.
    heard = [seen.first[position] for position in sorted(seen.first)]
    assert len(heard) == len(sent), (len(heard), len(sent))
    _close(listeners)
    return [there - here for here, there in zip(sorted(sent.values()), sorted(heard), strict=True)]


async def _fan_out(api: Serving, token: str) -> tuple[int, int, int]:
    seen, listeners = await _listen(api, token, MANY)
    sent = await _change(api, token)
    expected = len(sent) * MANY
    end = time.perf_counter() + 20
    while seen.events < expected and time.perf_counter() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    _close(listeners)
    return seen.events, expected, seen.resyncs


async def _idle(api: Serving, token: str) -> tuple[int, float, float]:
    seen, listeners = await _listen(api, token, IDLE)
    before = _cpu(api.pids[0])
    await asyncio.sleep(20)
    used = (_cpu(api.pids[0]) - before) / 20 * 100
    memory = _resident(api.pids[0])
    _close(listeners)
    return seen.begun, memory, used


def _close(listeners: list[Listener]) -> None:
    for listener in listeners:
        listener.transport.abort()


def _resident(pid: int) -> float:
    """Megabytes of memory the process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def _cpu(pid: int) -> float:
    """Seconds of processor time the process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
