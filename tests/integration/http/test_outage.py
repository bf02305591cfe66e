"""The database goes away, and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.api import (
    PASSWORD,
    Answer,
    Api,
    Person,
    running_api,
    settings_for,
)
from tests.support.servers.proxy import Wire, wire_to


@pytest.fixture
async def wire(database_url: str) -> AsyncIterator[Wire]:
    async with wire_to(database_url) as wire:
        yield wire


@pytest.fixture
async def api(wire: Wire, keys: Path) -> AsyncIterator[Api]:
    async with running_api(settings_for(wire.url, keys)) as api:
        yield api


async def test_while_the_database_is_silent_answers_are_503_in_time(
    api: Api, ada: Person, wire: Wire
) -> None:
    task = await ada.task()
    path = f"/tasks/{task['id']}"
    wire.silence()
    account = {"email": "ada@example.org", "password": PASSWORD}
    requests: list[Callable[[], Awaitable[Answer]]] = [
        lambda: ada.ask("POST", "/tasks", {"title": "x"}),
        lambda: ada.ask("PATCH", path, {"title": "x"}),
        lambda: ada.get(path),
        lambda: ada.get("/tasks"),
        lambda: ada.get("/audit"),
        lambda: api.http.post("/auth/login", json=account),
    ]
    for asking in requests:
        async with asyncio.timeout(20):  # by itself it would be silent for ever
            answer = await asking()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["type"] == "/problems/unavailable"
    assert (await api.http.get("http://annals.test/health/ready")).status_code == 503
    assert (await api.http.get("http://annals.test/health/live")).status_code == 200
    wire.speak()
    await _until_answered(ada)


async def test_a_cut_wire_heals_by_itself(ada: Person, wire: Wire) -> None:
    for _ in range(3):
        wire.cut()
        await _until_answered(ada)


async def _until_answered(person: Person) -> None:
    deadline = time.monotonic() + 60
    while True:
        answers = [await person.ask("POST", "/tasks", {"title": "x"}), await person.get("/tasks")]
        if [answer.status_code for answer in answers] == [201, 200]:
            return
        assert {answer.status_code for answer in answers} <= {200, 201, 503}
        assert time.monotonic() < deadline, answers
        await asyncio.sleep(0.1)
