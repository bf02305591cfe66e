"""Streams and sockets see what their scopes say, and close with their session, token or account."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.api import PASSWORD
from tests.support.clients.live_client import LiveClient
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import Postgres
from tests.support.views import caught_up

pytestmark = pytest.mark.anyio

# Longer than the five that are promised, because this machine may be busy.
WITHIN_SECONDS = 20.0
ALL = [
    *("tasks:read", "tasks:write", "notifications:read", "notifications:write"),
    *("audit:read", "account:read", "admin"),
]


class Service:
    """Two API processes."""

    def __init__(self, api: Serving) -> None:
        self.api = api

    @property
    def url(self) -> str:
        return f"{self.api.address}/api/v1"

    def client(self, credential: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {credential}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def service(
    postgres: Postgres, _migrated: str, _valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("ended")
    with (
        postgres.database(like=_migrated) as url,
        serving(url, folder, processes=2, redis_url=_valkey) as api,
    ):
        caught_up(url)
        yield Service(api)


@pytest.fixture
async def ada(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Ada, who is logged in."""
    async with service.client(service.api.sign_in(f"{uuid4()}@example.org")) as client:
        yield client


async def token(ada: httpx.AsyncClient, *scopes: str) -> dict[str, Any]:
    made = await ada.post("/auth/tokens", json={"name": "Test", "scopes": scopes})
    answer: dict[str, Any] = made.raise_for_status().json()
    return answer


@asynccontextmanager
async def socket(
    service: Service, *, credential: str | None = None, ticket: str | None = None
) -> AsyncIterator[ClientConnection]:
    url = f"{service.url}/ws".replace("http", "ws", 1) + (f"?ticket={ticket}" if ticket else "")
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    async with connect(url, additional_headers=headers) as connection:
        yield connection


async def say(connection: ClientConnection, **words: Any) -> dict[str, Any]:
    await connection.send(json.dumps(words))
    async with asyncio.timeout(30):
        heard: dict[str, Any] = json.loads(await connection.recv())
        return heard


async def closed(connection: ClientConnection) -> int | None:
    """Return the code with which the server closes a socket in time."""
    async with asyncio.timeout(WITHIN_SECONDS):
        try:
            while True:
                await connection.recv()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None


class Listening(NamedTuple):
    """A stream, and what was heard of it; the task ends when the stream does."""

    heard: LiveClient
    task: "asyncio.Task[None]"


@asynccontextmanager
async def listening(client: httpx.AsyncClient, **query: Any) -> AsyncIterator[Listening]:
    heard = LiveClient()
    task = asyncio.create_task(heard.listen(client, **query))
    try:
        async with asyncio.timeout(30):
            while heard.after is None and not task.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield Listening(heard, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ended(stream: Listening) -> bool:
    """Return whether a stream ended in time, and said why."""
    async with asyncio.timeout(WITHIN_SECONDS):
        await stream.task
    return stream.heard.expired


async def test_a_stream_and_a_socket_close_with_their_token(
    service: Service, ada: httpx.AsyncClient
) -> None:
    made, other = await token(ada, "tasks:read"), await token(ada, "tasks:read")
    async with (
        service.client(made["token"]) as machine,
        service.client(other["token"]) as untouched,
        listening(machine) as stream,
        listening(untouched) as goes_on,
        socket(service, credential=made["token"]) as connection,
    ):
        assert await say(connection, ping=1) == {"pong": 1}
        (await ada.delete(f"/auth/tokens/{made['id']}")).raise_for_status()
        assert await ended(stream)
        assert await closed(connection) == 4401
        assert not goes_on.task.done()


async def test_a_stream_and_a_socket_that_a_ticket_opened_close_with_its_token(
    service: Service, ada: httpx.AsyncClient
) -> None:
    made = await token(ada, "tasks:read")
    async with (
        service.client(made["token"]) as machine,
        httpx.AsyncClient(base_url=service.url, timeout=30) as stranger,
    ):
        tickets = [(await machine.post("/stream/tickets")).json()["ticket"] for _ in range(3)]
        async with (
            listening(stranger, ticket=tickets[0]) as stream,
            socket(service, ticket=tickets[1]) as connection,
        ):
            (await ada.delete(f"/auth/tokens/{made['id']}")).raise_for_status()
            assert await ended(stream)
            assert await closed(connection) == 4401
        late = await stranger.get("/stream", params={"ticket": tickets[2]})
        assert late.status_code == 401


async def test_a_stream_and_a_socket_close_with_their_session(
    service: Service, ada: httpx.AsyncClient
) -> None:
    made = await token(ada, "tasks:read")
    bearer = ada.headers["Authorization"].removeprefix("Bearer ")
    async with (
        listening(ada) as stream,
        socket(service, credential=bearer) as connection,
        socket(service, credential=made["token"]) as goes_on,
    ):
        (await ada.delete("/auth/sessions")).raise_for_status()
        assert await ended(stream)
        assert await closed(connection) == 4401
        assert await say(goes_on, ping=1) == {"pong": 1}


async def test_a_stream_and_a_socket_close_with_their_account(
    service: Service, ada: httpx.AsyncClient
) -> None:
    made = await token(ada, "tasks:read")
    async with (
        service.client(made["token"]) as machine,
        listening(machine) as stream,
        socket(service, credential=made["token"]) as connection,
    ):
        gone = await ada.request("DELETE", "/auth/me", json={"password": PASSWORD})
        gone.raise_for_status()
        assert await ended(stream)
        assert await closed(connection) == 4401


async def test_a_token_is_no_ticket(service: Service, ada: httpx.AsyncClient) -> None:
    secret = (await token(ada, "tasks:read"))["token"]
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as stranger:
        answer = await stranger.get("/stream", params={"ticket": secret})
        assert answer.status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        async with socket(service, ticket=secret):
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("scope", [scope for scope in ALL if scope != "tasks:read"])
async def test_no_scope_but_tasks_read_opens_a_stream_or_a_socket(
    service: Service, ada: httpx.AsyncClient, scope: str
) -> None:
    made = await token(ada, scope)
    async with service.client(made["token"]) as machine:
        assert (await machine.get("/stream")).status_code == 403
        assert (await machine.post("/stream/tickets")).status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        async with socket(service, credential=made["token"]):
            pass
    assert refused.value.response.status_code == 403
    assert b"insufficient-scope" in refused.value.response.body


async def test_a_socket_gets_no_more_by_another_token(
    service: Service, ada: httpx.AsyncClient
) -> None:
    bob = service.api.sign_in(f"{uuid4()}@example.org")
    made, narrow = await token(ada, "tasks:read"), await token(ada, "account:read")
    async with socket(service, credential=made["token"]) as connection:
        assert "another account" in (await say(connection, token=bob))["error"]
        assert "tasks:read" in (await say(connection, token=narrow["token"]))["error"]
        assert "error" in await say(connection, token="annals_pat_nonsense")
        assert "good_until" in await say(connection, token=made["token"])


async def test_events_of_notifications_and_the_account_need_scopes_of_their_own(
    service: Service, ada: httpx.AsyncClient
) -> None:
    narrow, wide = await token(ada, "tasks:read"), await token(ada, "tasks:read", "account:read")
    heard: dict[str, list[str]] = {}
    async with (
        socket(service, credential=narrow["token"]) as first,
        socket(service, credential=wide["token"]) as second,
    ):
        for connection in (first, second):
            assert "subscribed" in await say(connection, subscribe={})
        await token(ada, "audit:read")
        (await ada.post("/tasks", json={"title": "Water the plants"})).raise_for_status()
        for name, connection in (("narrow", first), ("wide", second)):
            types: list[str] = []
            async with asyncio.timeout(30):
                while "task.created" not in types:
                    types.append(json.loads(await connection.recv())["event"]["type"])
            heard[name] = types
    assert heard == {
        "narrow": ["task.created"],
        "wide": ["account.token_created", "task.created"],
    }
