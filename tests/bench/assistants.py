"""What an assistant's tool costs beyond the API, and the calendar feed of many tasks."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec
import uvloop

from infrastructure.postgres.migrations import migrate
from tests.bench.figures import Figure
from tests.support.clients.load_client import load, request
from tests.support.processes.cli_process import annals
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import postgres_server

SESSIONS = 8
SECONDS = 4.0
ITEMS, BATCH = 2_000, 100
CHANGES = 40
SCOPES = ["tasks:read", "tasks:write", "account:read", "audit:read"]


def run() -> list[Figure]:
    with postgres_server({}) as postgres, tempfile.TemporaryDirectory() as folder:
        url = postgres.create("assistants")
        migrate(url)
        with (
            serving(url, Path(folder), processes=1) as api,
            annals("project", database=url, log_level="error"),
        ):
            return [*_tools(api), *_feed(api)]


def _tools(api: Serving) -> list[Figure]:
    with _client(api) as person:
        wanted = {"name": "Bench", "scopes": SCOPES}
        token = str(person.post("/auth/tokens", json=wanted).raise_for_status().json()["token"])
    numbers = itertools.count()

    def create() -> bytes:
        task = {"title": f"Water plant {next(numbers)}"}
        return request("POST", "/api/v1/tasks", msgspec.json.encode(task), token=token)

    def add() -> bytes:
        return _call(token, "add_tasks", tasks=[{"title": f"Water plant {next(numbers)}"}])

    def page() -> bytes:
        return request("GET", "/api/v1/tasks?status=open&limit=25", token=token)

    def find() -> bytes:
        return _call(token, "find_tasks")

    pairs = (("add_tasks", add, create, 201), ("find_tasks", find, page, 200))
    return [_beyond(api, *pair) for pair in pairs]


def _beyond(
    api: Serving,
    tool: str,
    call: Callable[[], bytes],
    plain: Callable[[], bytes],
    expected: int,
) -> Figure:
    """Compare a tool with the request that it makes, in turn, so that both find the same load."""
    calls, requests = list[float](), list[float]()
    for _ in range(3):
        requests += _took(api, plain, expected)
        calls += _took(api, call, 200)
    p95, of_api = (statistics.quantiles(each, n=20)[18] for each in (calls, requests))
    return Figure(
        what=f"{tool} at {SESSIONS} sessions, p95 beyond that of the API",
        value=p95 - of_api,
        unit="ms",
        goal=30,
        at_most=True,
        note=f"tool p50 {statistics.median(calls):.1f}, p95 {p95:.1f}; API p95 {of_api:.1f}",
    )


def _took(api: Serving, ask: Callable[[], bytes], expected: int) -> list[float]:
    answers = uvloop.run(
        load(api.port, ask, expected=expected, seconds=SECONDS / 3, connections=SESSIONS)
    )
    return [1000 * answer.seconds for answer in answers]


def _call(token: str, tool: str, **arguments: Any) -> bytes:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    body = msgspec.json.encode(message)
    headers = ("Accept: application/json", f"Mcp-Session-Id: {uuid4().hex}")
    return request("POST", "/mcp", body, token=token, headers=headers)


def _feed(api: Serving) -> list[Figure]:
    with _client(api) as person:
        address = str(person.post("/calendar").raise_for_status().json()["url"])
        path = f"http://127.0.0.1:{api.port}{urlsplit(address).path}"
        _fill(person)
        _wait(person, _change(person))
        first = person.get(path)
        assert first.content.count(b"BEGIN:VEVENT") >= ITEMS, first.status_code
        tag = first.headers["etag"]
        same, again, changed = list[float](), list[float](), list[float]()
        for _ in range(CHANGES):
            same.append(_seconds(person, path, 304, {"If-None-Match": tag}))
            again.append(_seconds(person, path, 200, {}))
        for _ in range(CHANGES):
            _wait(person, _change(person))
            changed.append(_seconds(person, path, 200, {}))
    what = f"calendar feed of {ITEMS:,} items"
    return [
        _figure(f"{what}, unchanged (304), p95", same, 50),
        _figure(f"{what}, unchanged, sent again, p95", again, 50),
        _figure(f"{what}, after a change, p95", changed, 300),
    ]


def _figure(what: str, seconds: list[float], goal: float) -> Figure:
    return Figure(
        what=what,
        value=1000 * statistics.quantiles(seconds, n=20)[18],
        unit="ms",
        goal=goal,
        at_most=True,
        note=f"median {1000 * statistics.median(seconds):.0f} ms",
    )


def _client(api: Serving) -> httpx.Client:
    token = api.sign_in(f"{uuid4().hex}@example.org")
    return httpx.Client(
        base_url=f"{api.address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )


def _fill(person: httpx.Client) -> None:
    now = datetime.now(UTC)
    for start in range(0, ITEMS, BATCH):
        tasks = [
            {
                "title": f"Task {number} with some words",
                "due_at": (now + timedelta(hours=3 * number + 2)).isoformat(),
                "tags": ["home", "garden"],
                "description": "A line\nand another",
            }
            for number in range(start, start + BATCH)
        ]
        requests = [
            {"id": str(place), "method": "POST", "url": "/tasks", "body": task}
            for place, task in enumerate(tasks)
        ]
        answer = person.post("/batch", json={"requests": requests}).raise_for_status().json()
        assert {each["status"] for each in answer["responses"]} == {201}


def _change(person: httpx.Client) -> str:
    """Change what the feed shows, and leave it as large as it was; return the position."""
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    task = person.post("/tasks", json={"title": "Gone", "due_at": due}).raise_for_status().json()
    answer = person.delete(f"/tasks/{task['id']}").raise_for_status()
    return str(answer.headers["Annals-Position"])


def _wait(person: httpx.Client, position: str) -> None:
    for view in ("/tasks", "/reminders", "/series", "/audit"):
        person.get(view, headers={"Annals-Min-Position": position}).raise_for_status()


def _seconds(person: httpx.Client, path: str, expected: int, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = person.get(path, headers=headers)
    took = time.perf_counter() - began
    assert answer.status_code == expected, answer.text
    return took
