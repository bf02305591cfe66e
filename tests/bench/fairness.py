"""How long a patient account waits while a greedy one does its worst, beside how long alone."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import postgres_server, valkey_server

SECONDS = 5.0  # of each kind of greed
CLIENTS = 12  # connections of the greedy account
STARTING_SECONDS = 2.0  # until the greedy process is under way
SMALLEST_BASELINE = 0.010  # seconds: below this, the ratio says nothing but noise

Greed = Callable[[str, str], Awaitable[None]]  # gets the address of the API and a token


def run() -> list[Figure]:
    with (
        postgres_server({}) as postgres,
        valkey_server() as redis,
        tempfile.TemporaryDirectory() as folder,
    ):
        url = postgres.create("fairness")
        migrate(url)
        with serving(url, Path(folder), redis_url=redis, trusted_proxies="127.0.0.0/8") as api:
            patient, greedy = api.sign_in("patient@x.example"), api.sign_in("greedy@x.example")
            alone = asyncio.run(_waits(api, patient))
            return [
                Figure(
                    what=f"p95 of a patient account while another one greedily {what}",
                    value=_beside(api, patient, greedy, what) * 1000,
                    unit="ms",
                    baseline=max(alone, SMALLEST_BASELINE) * 1000,
                    goal=3,
                    at_most=True,
                    note=f"alone {alone * 1000:.1f} ms",
                )
                for what in GREEDS
            ]


def _beside(api: Serving, patient: str, greedy: str, what: str) -> float:
    """Return what `_waits` returns, while another process is greedy."""
    rival = get_context("spawn").Process(target=_rival, args=(api.address, greedy, what))
    rival.start()
    try:
        time.sleep(STARTING_SECONDS)
        return asyncio.run(_waits(api, patient))
    finally:
        rival.kill()
        rival.join()


async def _waits(api: Serving, patient: str) -> float:
    """Return the 95th percentile (s) of the patient account's requests."""
    taken = []
    headers = {"Authorization": f"Bearer {patient}", "X-Forwarded-For": "198.51.100.7"}
    async with httpx.AsyncClient(base_url=f"{api.address}/api/v1", headers=headers) as http:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            began = time.monotonic()
            (await http.get("/auth/me")).raise_for_status()
            taken.append(time.monotonic() - began)
            await asyncio.sleep(0.02)
    return sorted(taken)[int(len(taken) * 0.95)]


def _rival(address: str, token: str, what: str) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(_over_and_over(address, token, what) for _ in range(CLIENTS)))

    asyncio.run(all_at_once())


async def _over_and_over(address: str, token: str, what: str) -> None:
    while True:
        with suppress(Exception):  # it is refused, and goes on
            await GREEDS[what](address, token)
        await asyncio.sleep(0.001)


async def _pings(address: str, token: str) -> None:
    url = address.replace("http", "ws") + "/api/v1/ws"
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        while True:
            await socket.send('{"ping": 1}')


async def _logs_in(address: str, token: str) -> None:
    async with httpx.AsyncClient(base_url=f"{address}/api/v1") as http:
        headers = {"X-Forwarded-For": "203.0.113.9"}
        for number in range(50):
            body = {"email": f"nobody{number}@x.example", "password": "a guess of many"}
            await http.post("/auth/login", json=body, headers=headers)


async def _creates(address: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.9"}
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", headers=headers) as http:
        for _ in range(50):
            await http.post("/tasks", json={"title": "More", "description": "x" * 20_000})


async def _half_bodies(address: str, token: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n"
        b"Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"
    )
    await reader.read()
    writer.close()


GREEDS: dict[str, Greed] = {
    "pings over sockets": _pings,
    "logs in": _logs_in,
    "creates tasks of 20 kB": _creates,
    "sends half of its bodies": _half_bodies,
}
