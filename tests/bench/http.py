"""Commands over HTTP, all of it on, beside the library's own `Application.save` without HTTP."""

import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import uvloop
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.support.clients.load_client import Answer, load, request
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import postgres_server

SECONDS = 3.0
ROUNDS = 3  # the best of each counts: what else the machine does should not
THREADS = 16
PROCESSES = 2
EMAIL, PASSWORD = "bench@annals.example", "a long password"


class Task(Aggregate):
    """The baseline: the same task as the library's own aggregate."""

    @event("Created")
    def __init__(self, owner: str, title: str, tags: list[str]) -> None:
        self.owner = owner
        self.title = title
        self.tags = tags


def run() -> list[Figure]:
    with postgres_server({}) as postgres, tempfile.TemporaryDirectory() as folder:
        library = postgres.create("library")
        url = postgres.create("ours")
        migrate(url)
        with serving(url, Path(folder), processes=PROCESSES, log_level="info") as api:
            token = sign_in(api)
            _created(api, token)  # so that everything has run once
            saved, creations, changes = [], [], []
            for _ in range(ROUNDS):
                saved.append(_library(library, SECONDS))
                creations.append(_created(api, token))
                changes.append(_changed(api, token, creations[-1]))
            baseline = max(saved)
            created, changed = max(creations, key=len), max(changes, key=len)
        with serving(url, Path(folder), processes=1) as api:
            memory, growth = _memory(api, token)
    return [
        Figure(
            what="POST /tasks, authenticated, 32 connections, 2 processes",
            value=len(created) / SECONDS,
            unit="/s",
            baseline=baseline,
            goal=4,
            aim=8,
            note=f"baseline: Application.save in 16 threads; {_latencies(created)}",
        ),
        Figure(
            what="PATCH /tasks/{id}: load, decide, append",
            value=len(changed) / SECONDS,
            unit="/s",
            baseline=baseline,
            goal=2.5,
            aim=5,
            note=_latencies(changed),
        ),
        Figure(
            what="memory of one API process after 100,000 requests",
            value=memory,
            unit="MB",
            goal=150,
            at_most=True,
            note=f"{growth:+.1f} MB over the second half",
        ),
    ]


def sign_in(api: Serving) -> str:
    """Return an access token of a new account."""
    account = {"email": EMAIL, "password": PASSWORD}
    with httpx.Client(base_url=f"{api.address}/api/v1") as client:
        assert client.post("/auth/register", json=account).status_code == 201
        return str(client.post("/auth/login", json=account).json()["access_token"])


def _body(number: int) -> bytes:
    task = {
        "title": f"Task number {number}",
        "description": "With a description of a usual length, a sentence or so.",
        "tags": ["home", "later"],
        "due_at": "2030-01-31T18:00:00+01:00",
    }
    return msgspec.json.encode(task)


def _created(api: Serving, token: str) -> list[Answer]:
    number = count()

    def post() -> bytes:
        return request("POST", "/api/v1/tasks", _body(next(number)), token=token)

    return uvloop.run(load(api.port, post, expected=201, seconds=SECONDS))


def _changed(api: Serving, token: str, created: list[Answer]) -> list[Answer]:
    ids = [msgspec.json.decode(answer.body)["id"] for answer in created]
    number = count()

    def patch() -> bytes:
        # Every task of many in turn: what a process remembers of it is often out of date.
        at = next(number)
        body = b'{"title":"Changed for the time number %d"}' % at
        return request("PATCH", f"/api/v1/tasks/{ids[at % len(ids)]}", body, token=token)

    return uvloop.run(load(api.port, patch, expected=200, seconds=SECONDS))


def _memory(api: Serving, token: str) -> tuple[float, float]:
    """Return the megabytes of the process after 100,000 requests, and what the last half added."""
    number = count()

    def post() -> bytes:
        return request("POST", "/api/v1/tasks", _body(next(number)), token=token)

    async def half() -> None:
        answered = 0
        while answered < 50_000:
            answered += len(await load(api.port, post, expected=201, seconds=0.5))

    uvloop.run(half())
    middle = _resident(api.pids[0])
    uvloop.run(half())
    end = _resident(api.pids[0])
    return end, end - middle


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _latencies(answers: list[Answer]) -> str:
    cuts = statistics.quantiles((answer.seconds * 1000 for answer in answers), n=100)
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


def _library(url: str, seconds: float) -> float:
    """Return how many new tasks a second the library saves in 16 threads."""
    about = conninfo_to_dict(url)
    application: Application[UUID] = Application(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(about["dbname"]),
            "POSTGRES_HOST": str(about["host"]),
            "POSTGRES_PORT": str(about["port"]),
            "POSTGRES_USER": str(about["user"]),
            "POSTGRES_PASSWORD": str(about["password"]),
            "POSTGRES_POOL_SIZE": str(THREADS),
            "POSTGRES_MAX_OVERFLOW": str(THREADS),
        }
    )
    total, lock = 0, threading.Lock()
    end = time.perf_counter() + seconds

    def client(_: int) -> None:
        nonlocal total
        mine = 0
        owner = str(uuid4())
        while time.perf_counter() < end:
            application.save(Task(owner, f"Task number {mine}", ["home", "later"]))
            mine += 1
        with lock:
            total += mine

    with ThreadPoolExecutor(THREADS) as clients:
        list(clients.map(client, range(THREADS)))
    assert (application.recorder.max_notification_id() or 0) >= total
    application.close()
    return total / seconds
