"""Ten thousand tasks created by batches of a hundred, beside the same tasks created one by one."""

import os
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import msgspec
import uvloop

from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.bench.http import PROCESSES, sign_in
from tests.support.clients.load_client import load, request
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import postgres_server

TASKS, IN_A_BATCH = 10_000, 100
ROUNDS = 3  # in turn: single, side by side, atomic; the median of each counts
BURST_SECONDS = 0.5  # of load, before it is looked at how many tasks there are
# The day's quota and the rate limit of one account are below what is measured.
UNLIMITED = {
    "events_per_day": "0",
    "tasks": "0",
    "account_requests_per_second": "0",
    "address_requests_per_second": "0",
}


class Round(msgspec.Struct, frozen=True):
    """Tasks a second, and microseconds of processor time of the API for each task."""

    rate: float
    processor: float


def run() -> list[Figure]:
    with postgres_server({}) as postgres, tempfile.TemporaryDirectory() as folder:
        url = postgres.create("ours")
        migrate(url)
        with serving(url, Path(folder), processes=PROCESSES, **UNLIMITED) as api:
            token, number = sign_in(api), count()
            ways: dict[str, Callable[[], bytes]] = {
                "single": lambda: _single(number, token),
                "batch": lambda: _batch(number, token, atomic=False),
                "atomic": lambda: _batch(number, token, atomic=True),
            }
            for way in ways:  # so that everything has run once
                _round(api, ways[way], way, tasks=500)
            rounds: dict[str, list[Round]] = {way: [] for way in ways}
            for _ in range(ROUNDS):
                for way, found in rounds.items():
                    found.append(_round(api, ways[way], way, tasks=TASKS))
    single = _median(rounds["single"])
    return [
        Figure(
            what=f"{TASKS:,} tasks by batches of {IN_A_BATCH}, {name}, beside single requests",
            value=_median(rounds[way]).rate,
            unit=" tasks/s",
            baseline=single.rate,
            goal=2,
            note=f"{_median(rounds[way]).processor:.0f} µs of processor time a task,"
            f" {single.processor:.0f} alone",
        )
        for way, name in (("batch", "side by side"), ("atomic", "atomic"))
    ]


def _round(api: Serving, ask: Callable[[], bytes], way: str, *, tasks: int) -> Round:
    expected, each = (201, 1) if way == "single" else (200, IN_A_BATCH)
    made, began, used = 0, time.perf_counter(), _processor_seconds(api)

    async def until_all() -> None:
        nonlocal made
        while made < tasks:
            answers = await load(api.port, ask, expected=expected, seconds=BURST_SECONDS)
            made += len(answers) * each
            if each > 1:
                for answer in answers:
                    assert answer.body.count(b'"status":201') == IN_A_BATCH, answer.body[:500]

    uvloop.run(until_all())
    seconds = time.perf_counter() - began
    processor = (_processor_seconds(api) - used) / made * 1e6
    return Round(rate=made / seconds, processor=processor)


def _single(number: "count[int]", token: str) -> bytes:
    body = msgspec.json.encode(_fields(next(number)))
    return request("POST", "/api/v1/tasks", body, token=token)


def _fields(number: int) -> dict[str, object]:
    return {"title": f"Task number {number}", "tags": ["home", "later"]}


def _batch(number: "count[int]", token: str, *, atomic: bool) -> bytes:
    requests = [
        {"id": str(place), "method": "POST", "url": "/api/v1/tasks", "body": _fields(next(number))}
        for place in range(IN_A_BATCH)
    ]
    body = msgspec.json.encode({"requests": requests, "atomic": atomic})
    return request("POST", "/api/v1/batch", body, token=token)


def _processor_seconds(api: Serving) -> float:
    """Return the processor time that the API has used, user and system."""
    ticks = 0
    for pid in api.pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _median(rounds: list[Round]) -> Round:
    return sorted(rounds, key=lambda each: each.rate)[len(rounds) // 2]
