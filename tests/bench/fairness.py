"""How long a patient account waits while a greedy one does its worst, beside how long alone.

The limits are those that an operator has who sets none.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from infrastructure.config.settings import Settings
from infrastructure.config.variable import declared
from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.support.processes.dev_process import environment
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import postgres_server, valkey_server
from tests.support.waiting import wait_until

SECONDS = 5.0  # of each kind of greed
CLIENTS = 12  # connections of the greedy account
STARTING_SECONDS = 2.0  # until the greedy process is under way
SMALLEST_BASELINE = 0.005  # seconds: below this, the ratio says nothing but noise
TASKS, VERSIONS, LONG = 40, 80, 20_000  # what the greedy account has; characters a description

Greed = Callable[[str, str], Awaitable[None]]  # gets the address of the API and a token


def run(rows: Sequence[str] = ()) -> list[Figure]:
    """Measure each kind of greed, or only those that `rows` name."""
    with (
        postgres_server({}) as postgres,
        valkey_server() as redis,
        tempfile.TemporaryDirectory() as folder,
    ):
        url = postgres.create("fairness")
        migrate(url)
        given: dict[str, Any] = {"redis_url": redis, "trusted_proxies": "127.0.0.0/8"}
        given |= _defaults()
        with serving(url, Path(folder), **given) as api:
            patient, greedy = api.sign_in("patient@x.example"), api.sign_in("greedy@x.example")
            with _projecting(url):
                _give_plenty(api, greedy)
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
                for what in rows or GREEDS
            ]


def _defaults() -> dict[str, str]:
    settings = Settings()
    groups = (settings.limits, settings.quotas)
    return {
        variable.key: str(variable.default) for group in groups for _, variable in declared(group)
    }


@contextmanager
def _projecting(url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "interfaces.cli", "project"]
    given = environment(database_url=url, log_level="error")
    process = subprocess.Popen(command, env=given)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _give_plenty(api: Serving, token: str) -> None:
    """Let an account have long tasks and one with a long history, all in the views."""
    with httpx.Client(base_url=f"{api.address}/api/v1", headers=_greedy(token)) as http:

        def ask(method: str, path: str, **body: str) -> httpx.Response:
            while (answer := http.request(method, path, json=body)).status_code == 429:
                time.sleep(0.1)
            return answer.raise_for_status()

        for number in range(TASKS):
            ask("POST", "/tasks", title=f"Plenty {number}", description="word " * (LONG // 5))
        task = "/tasks/" + ask("POST", "/tasks", title="History").json()["id"]
        for number in range(VERSIONS):
            last = ask("PATCH", task, description=f"{number} " + "🌱" * (LONG - 10))
        seen = {"Annals-Min-Position": last.headers["annals-position"]}
        for view in (f"{task}/history", "/tasks"):
            wait_until(partial(_answers, http, f"{view}?limit=1", seen))


def _answers(http: httpx.Client, path: str, headers: dict[str, str]) -> bool:
    return http.get(path, headers=headers).status_code == 200


def _beside(api: Serving, patient: str, greedy: str, what: str) -> float:
    """Return what `_waits` returns, while another process is greedy."""
    rival = get_context("spawn").Process(target=_rival, args=(api.address, greedy, what))
    rival.start()
    try:
        time.sleep(STARTING_SECONDS)
        waits = asyncio.run(_waits(api, patient))
        assert rival.is_alive(), f"nobody {what}"
        return waits
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
        # It is refused, and goes on. Anything else ends the process, and so the benchmark.
        with suppress(httpx.HTTPError, WebSocketException, OSError, KeyError):
            await GREEDS[what](address, token)
        await asyncio.sleep(0.001)


def _greedy(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.9"}


def _client(address: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{address}/api/v1",
        headers=_greedy(token),
        timeout=30,
        event_hooks={"response": [_check_that_it_makes_sense]},
    )


async def _check_that_it_makes_sense(response: httpx.Response) -> None:
    """A request that is wrong in itself would be no greed."""
    too_long = response.status_code == 422 and response.request.method == "POST"
    assert response.status_code in {200, 201, 401, 429, 503} or too_long, response.status_code


async def _reads_histories(address: str, token: str) -> None:
    async with _client(address, token) as http:
        found = (await http.get("/tasks", params={"q": "history", "limit": 1})).json()
        while True:
            await http.get(f"/tasks/{found['items'][0]['id']}/history", params={"limit": 200})


async def _reads_the_past(address: str, token: str) -> None:
    async with _client(address, token) as http:
        found = (await http.get("/tasks", params={"q": "history", "limit": 1})).json()
        while True:
            await http.get(f"/tasks/{found['items'][0]['id']}", params={"version": VERSIONS})


async def _searches(address: str, token: str) -> None:
    async with _client(address, token) as http:
        while True:
            await http.get("/tasks", params={"q": "plenty word", "limit": 200, "page": 1})


async def _exports(address: str, token: str) -> None:
    async with _client(address, token) as http:
        me = (await http.get("/auth/me")).json()["id"]
        while True:
            await http.get("/audit/export", params={"user_id": me, "format": "csv"})


async def _pings(address: str, token: str) -> None:
    async with _socket(address, token) as socket:
        while True:
            await socket.send('{"ping": 1}')


async def _subscribes(address: str, token: str) -> None:
    async with _socket(address, token) as socket:
        for number in range(10_000):
            await socket.send(f'{{"subscribe": {{"types": ["task.{number}"]}}}}')


async def _opens_streams(address: str, token: str) -> None:
    async with _client(address, token) as http, http.stream("GET", "/stream?after=0") as stream:
        read = 0
        async for piece in stream.aiter_raw():
            read += len(piece)
            if read > 1_000_000:
                return


async def _logs_in(address: str, token: str) -> None:
    async with _client(address, token) as http:
        for number in range(50):
            body = {"email": f"nobody{number}@x.example", "password": "a guess of many"}
            await http.post("/auth/login", json=body)


async def _creates(address: str, token: str) -> None:
    async with _client(address, token) as http:
        for _ in range(50):
            await http.post("/tasks", json={"title": "More", "description": "x" * 20_000})


async def _uploads(address: str, token: str) -> None:
    async with _client(address, token) as http:
        for _ in range(50):
            await http.post("/tasks", json={"title": "More", "description": "x" * 1_000_000})


async def _half_bodies(address: str, token: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n"
        b"Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"
    )
    await reader.read()
    writer.close()


def _socket(address: str, token: str) -> connect:
    url = address.replace("http", "ws") + "/api/v1/ws"
    return connect(url, additional_headers=_greedy(token))


GREEDS: dict[str, Greed] = {
    "reads histories": _reads_histories,
    "reads the past": _reads_the_past,
    "searches": _searches,
    "exports": _exports,
    "pings over sockets": _pings,
    "subscribes over sockets": _subscribes,
    "opens streams": _opens_streams,
    "logs in": _logs_in,
    "creates tasks of 20 kB": _creates,
    "uploads a megabyte at a time": _uploads,
    "sends half of its bodies": _half_bodies,
}
ROWS = tuple(GREEDS)
