"""Live updates from real servers: heard once, in order, and resumed anywhere."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from signal import SIGKILL, SIGTERM
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from infrastructure.config.settings import Settings
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.tokens import TokenSigner
from tests.support.clients.api_client import ApiClient, api_client
from tests.support.clients.live_client import LiveClient, Refused
from tests.support.processes.dev_process import (
    ANNALS,
    DevProcess,
    data_folder,
    dev_process,
    environment,
)
from tests.support.servers.ports import free_port
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def tree() -> Iterator[DevProcess]:
    with (
        data_folder() as folder,
        dev_process(
            folder,
            port=free_port(),
            log_level="warning",
            live_rate="1000000",  # nothing is merged: what is heard can be counted
            dev_processes="serve:2,project",
        ) as tree,
    ):
        yield tree


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, heard: LiveClient, **query: Any
) -> AsyncIterator[None]:
    task = asyncio.create_task(heard.listen(client, **query))
    try:
        async with asyncio.timeout(30):
            while heard.after is None and not task.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def told(heard: LiveClient, count: int) -> None:
    """Return once so many events were heard."""

    async def there() -> bool:
        return len(heard.events) >= count

    await until(there, within=60)


async def test_a_change_is_heard_with_its_place_in_the_log(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        heard = LiveClient()
        async with listening(ada.client, heard):
            created = await ada.client.post("/tasks", json={"title": "Water the plants"})
            await told(heard, 1)
    (event,) = heard.events
    assert (event["type"], event["data"]["title"]) == ("task.created", "Water the plants")
    assert event["sequence"] == created.headers["Annals-Position"] == str(heard.after)


async def test_a_ticket_opens_one_stream_without_a_token(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        ticket = (await ada.client.post("/stream/tickets")).json()["ticket"]
        heard = LiveClient()
        async with httpx.AsyncClient(base_url=ada.client.base_url) as stranger:
            async with listening(stranger, heard, ticket=ticket):
                await ada.create()
                await told(heard, 1)
            again = await stranger.get("/stream", params={"ticket": ticket})
            nothing = await stranger.get("/stream")
    assert (again.status_code, nothing.status_code) == (401, 401)


async def test_one_stream_too_many_is_refused_across_processes(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        heard = [LiveClient() for _ in range(3)]
        async with (
            listening(ada.client, heard[0]),
            listening(ada.client, heard[1]),
            listening(ada.client, heard[2]),
        ):
            refused = await ada.client.get("/stream")
            assert refused.status_code == 429
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert refused.headers["Retry-After"]
        async with listening(ada.client, LiveClient()):
            pass


async def test_the_places_of_killed_processes_are_soon_free(tree: DevProcess) -> None:
    async with api_client(tree) as ada, AsyncExitStack() as stay:
        token = ada.client.headers["Authorization"]
        for _ in range(3):
            _, writer = await open_stream(tree, token)
            stay.callback(writer.close)
        for process in tree.serving():
            os.kill(process, SIGKILL)
        heard = [LiveClient(after=0) for _ in range(3)]

        async def granted(one: LiveClient) -> bool:
            with suppress(Refused, TimeoutError, httpx.TransportError):
                async with asyncio.timeout(2):
                    await one.listen(ada.client)
            return bool(one.events)

        async def all_granted() -> bool:
            return all(await asyncio.gather(*map(granted, heard)))

        await until(all_granted, within=60)


@pytest.mark.parametrize("id_", ["x", "-1", "9" * 30])
async def test_a_place_that_never_was_is_refused(tree: DevProcess, id_: str) -> None:
    async with api_client(tree) as ada:
        answer = await ada.client.get("/stream", headers={"Last-Event-ID": id_})
        assert answer.status_code == 400


async def test_a_stream_ends_with_its_token_and_says_so(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        ada.client.headers["Authorization"] = f"Bearer {await short_lived(tree, ada)}"
        heard = LiveClient(after=0)
        async with asyncio.timeout(20):
            await heard.listen(ada.client)
    assert heard.expired
    assert heard.events[0]["type"] == "account.registered"


def test_a_terminal_shows_what_an_account_hears(tree: DevProcess) -> None:
    command = [*ANNALS, "tail", "--after", "0", "--user", "demo@annals.example"]
    keys = str(tree.folder / "keys")
    given = environment(database_url=tree.database_url, keys_dir=keys) | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE) as tail:
        assert tail.stdout
        registered = json.loads(tail.stdout.readline())
        assert (registered["type"], registered["partitionkey"]) == (
            "account.registered",
            registered["subject"],
        )
        tail.kill()


async def short_lived(tree: DevProcess, ada: ApiClient) -> str:
    """Return a token of hers that ends in a few seconds."""
    settings = Settings()
    tokens = TokenSigner(
        KeyRing(tree.folder / "keys"),
        issuer=settings.tokens.issuer,
        audience=settings.tokens.audience,
        life=5,
    )
    own = tokens.verify(ada.client.headers["Authorization"].removeprefix("Bearer "))
    assert own.session_id is not None
    return tokens.issue(own.account_id, [], own.session_id)


# WebSocket


@asynccontextmanager
async def socket(
    tree: DevProcess, ada: ApiClient, query: str = "", **more: Any
) -> AsyncIterator[Any]:
    url = tree.address.replace("http", "ws") + "/api/v1/ws" + query
    headers = {"Authorization": ada.client.headers["Authorization"]}
    async with connect(url, additional_headers=headers, **more) as connection:
        yield connection


async def say(connection: ClientConnection, **words: Any) -> dict[str, Any]:
    await connection.send(json.dumps(words))
    return await hear(connection)


async def hear(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(30):
        heard: dict[str, Any] = json.loads(await connection.recv())
        return heard


async def test_a_socket_hears_what_it_subscribed_to(tree: DevProcess) -> None:
    async with api_client(tree) as ada, socket(tree, ada) as connection:
        await ada.create()
        (task,) = ada.acknowledged
        completed: dict[str, Any] = {"types": ["task.completed"], "tasks": [task]}
        assert await say(connection, subscribe=completed) == {"subscribed": completed}
        await ada.create()
        await ada.client.post(f"/tasks/{ada.acknowledged[1]}/complete")
        await ada.client.post(f"/tasks/{task}/complete")
        event = (await hear(connection))["event"]
        assert (event["type"], event["subject"]) == ("task.completed", task)
        assert await say(connection, ping=7) == {"pong": 7}
        assert (await say(connection, unsubscribe=completed))["known"] is True
        await ada.client.post(f"/tasks/{task}/reopen")
        await ada.client.post(f"/tasks/{task}/complete")
        assert await say(connection, ping=8) == {"pong": 8}


async def test_a_socket_resumes_where_it_is_told_to(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        for _ in range(5):
            await ada.create()
        async with socket(tree, ada) as connection:
            await say(connection, subscribe={"types": ["task.created"], "after": 0})
            subjects = [(await hear(connection))["event"]["subject"] for _ in range(5)]
    assert subjects == ada.acknowledged


async def test_what_a_socket_cannot_understand_is_answered(tree: DevProcess) -> None:
    async with api_client(tree) as ada, socket(tree, ada) as connection:
        assert "error" in await say(connection, sing="a song")
        assert "error" in await say(connection, subscribe={"tasks": ["not an id"]})
        assert "error" in await say(connection, token="forged")
        fresh = ada.client.headers["Authorization"].removeprefix("Bearer ")
        assert "good_until" in await say(connection, token=fresh)
        async with api_client(tree) as bob:
            his = bob.client.headers["Authorization"].removeprefix("Bearer ")
            assert "error" in await say(connection, token=his)


async def test_a_socket_ends_with_its_token_unless_it_is_given_a_fresh_one(
    tree: DevProcess,
) -> None:
    async with api_client(tree) as ada:
        fresh = ada.client.headers["Authorization"]
        ada.client.headers["Authorization"] = f"Bearer {await short_lived(tree, ada)}"
        async with socket(tree, ada) as renewed, socket(tree, ada) as forgotten:
            said = await say(renewed, token=fresh.removeprefix("Bearer "))
            assert said["good_until"] > time.time() + 60
            async with asyncio.timeout(20):
                with pytest.raises(ConnectionClosed) as closed:
                    await forgotten.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 4401
            ada.client.headers["Authorization"] = fresh
            await say(renewed, subscribe={"types": ["task.created"]})
            await ada.create()
            assert (await hear(renewed))["event"]["subject"] == ada.acknowledged[0]


async def test_one_socket_too_many_is_refused_with_a_problem(tree: DevProcess) -> None:
    async with api_client(tree) as ada, AsyncExitStack() as stay:
        for _ in range(10):
            await stay.enter_async_context(socket(tree, ada))
        with pytest.raises(InvalidStatus) as refused:
            await stay.enter_async_context(socket(tree, ada))
    assert refused.value.response.status_code == 429
    assert json.loads(refused.value.response.body)["type"] == "/problems/too-many-streams"


async def test_a_page_of_a_stranger_opens_no_socket(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        with pytest.raises(InvalidStatus) as refused:
            async with socket(tree, ada, origin="https://stranger.example"):
                pass
        assert refused.value.response.status_code == 403
        own = tree.address
        async with socket(tree, ada, origin=own):
            pass


async def test_a_socket_without_a_token_is_refused_with_a_problem(tree: DevProcess) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(tree.address.replace("http", "ws") + "/api/v1/ws")
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["type"] == "/problems/not-authenticated"


# The end


async def open_stream(
    tree: DevProcess, token: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream that has begun, on a bare connection: a thousand of these cost little."""
    host, port = tree.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = ["GET /api/v1/stream HTTP/1.1", f"Host: {host}", f"Authorization: {token}", "", ""]
    writer.write("\r\n".join(lines).encode())
    await reader.readuntil(b"retry:")
    return reader, writer


async def test_a_stop_ends_a_thousand_streams_and_the_process_in_order() -> None:
    with (
        data_folder() as folder,
        dev_process(folder, port=free_port(), live_streams="2000", dev_processes="serve:2") as tree,
    ):
        async with api_client(tree) as ada, socket(tree, ada) as connection:
            token = ada.client.headers["Authorization"]
            streams = []
            for _ in range(20):
                streams += await asyncio.gather(*(open_stream(tree, token) for _ in range(50)))
            await asyncio.to_thread(tree.end, SIGTERM)
            rests = await asyncio.gather(*(reader.read() for reader, _ in streams))
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
        assert not tree.killed_for_not_ending("serve")
        assert len(rests) == 1_000
        assert not [rest for rest in rests if not rest.endswith(b"0\r\n\r\n")]  # all in order
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1012
