"""The API inside the test's own process, over a real database, and the people who call it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from application.parts import ApiParts
from domain.events.recorded import Recorded
from infrastructure.bootstrap import http_telemetry, open_api, run_project
from infrastructure.config.settings import Settings
from infrastructure.store.mapper import RecordMapper
from infrastructure.wiring.database import open_store
from interfaces.http.middleware.edge import EdgeMiddleware
from interfaces.http.server.app import create_app

ADDRESS = "http://annals.test/api/v1"
PASSWORD = "correct horse battery"
Answer = httpx.Response


class Api:
    """A running application; `http` calls it as nobody in particular.

    Its people have addresses at `domain`.
    """

    def __init__(
        self, settings: Settings, app: EdgeMiddleware, domain: str = "example.org"
    ) -> None:
        self.settings = settings
        self._app = app
        self._domain = domain
        self._strangers = count(1)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=ADDRESS, timeout=30)

    def among_strangers(self) -> "Api":
        """The same application for another test, whose people have no address of earlier ones."""
        return Api(self.settings, self._app, f"{next(self._strangers)}.{self._domain}")

    def email(self, name: str) -> str:
        """The address of somebody, registered or not."""
        return f"{name}@{self._domain}"

    @property
    def app(self) -> EdgeMiddleware:
        return self._app

    @property
    def parts(self) -> ApiParts:
        return self._app.parts

    async def record(self, *streams: Sequence[Recorded]) -> None:
        """Append events that no command of the API records, all streams at the same time."""
        url = self.settings.database.url_or_fail
        async with open_store(url, "test", RecordMapper()) as store:
            await asyncio.gather(*map(store.append, streams))

    async def recorded(self, stream: UUID, *, after: int = 0) -> Sequence[Recorded]:
        """Return the events of a stream beyond the version `after`."""
        url = self.settings.database.url_or_fail
        async with open_store(url, "test", RecordMapper()) as store:
            return await store.load(stream, after=after)

    async def person(self, name: str) -> "Person":
        """Register somebody and log them in."""
        account = {"email": self.email(name), "password": PASSWORD, "name": name.title()}
        registered = await self.http.post("/auth/register", json=account)
        assert registered.status_code == 201, registered.text
        return await self.log_in(name)

    async def log_in(self, name: str) -> "Person":
        account = {"email": self.email(name), "password": PASSWORD}
        answer = await self.http.post("/auth/login", json=account)
        assert answer.status_code == 200, answer.text
        return Person(self.http, answer.json())


class Person:
    """Somebody with tokens."""

    def __init__(self, http: httpx.AsyncClient, tokens: dict[str, Any]) -> None:
        self.http = http
        self.tokens = tokens

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; `if_match` among `headers` becomes If-Match."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("authorization", f"Bearer {self.tokens['access_token']}")
        return await self.http.request(method, path, json=body, headers=sent)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, **headers)

    async def task(self, title: str = "Water the plants", **fields: Any) -> dict[str, Any]:
        """Create a task; return it."""
        answer = await self.ask("POST", "/tasks", {"title": title} | fields)
        assert answer.status_code == 201, answer.text
        task: dict[str, Any] = answer.json()
        return task


def settings_for(database_url: str, keys: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {"database_url": database_url, "keys_dir": keys, "log_level": "error"}
    return Settings.of(**given | more)


@asynccontextmanager
async def running_api(settings: Settings) -> AsyncIterator[Api]:
    telemetry = http_telemetry()
    opening = partial(open_api, settings, telemetry)
    app = create_app(settings, opening, telemetry, asyncio.Event())
    async with app.app.lifespan():
        yield Api(settings, app)


@asynccontextmanager
async def projecting(settings: Settings) -> AsyncIterator[None]:
    """Keep the views up to date until the block ends."""
    task = asyncio.create_task(run_project(settings))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
