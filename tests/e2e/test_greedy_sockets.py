"""What a socket may send and subscribe to is bounded, and a patient neighbour is served."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from interfaces.http.live.conversation import MAX_SUBSCRIPTIONS, MAX_TASKS
from interfaces.http.server.socket_connection import SocketConnection
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import Postgres

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def api(
    postgres: Postgres, _migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("sockets")
    with postgres.database(like=_migrated) as url, serving(url, folder) as running:
        yield running


@pytest.fixture(scope="module")
def greedy(api: Serving) -> str:
    return api.sign_in("greedy@example.org")


@pytest.fixture(scope="module")
def patient(api: Serving) -> str:
    return api.sign_in("patient@example.org")


@asynccontextmanager
async def socket(api: Serving, token: str, query: str = "") -> AsyncIterator[ClientConnection]:
    url = api.address.replace("http", "ws") + "/api/v1/ws" + query
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as opened:
        yield opened


async def closed(connection: ClientConnection) -> tuple[int, str]:
    """Read until the connection is closed; return the code and the reason."""
    async with asyncio.timeout(20):
        while True:
            try:
                await connection.recv()
            except ConnectionClosed as end:
                return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")


async def is_served(api: Serving, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=api.address, headers=headers) as http,
        socket(api, token) as mine,
    ):
        await mine.send('{"ping": 1}')
        pong = json.loads(await asyncio.wait_for(mine.recv(), 20))
        return pong == {"pong": 1} and (await http.get("/api/v1/auth/me")).status_code == 200


async def test_a_flood_of_messages_is_closed_with_a_reason_and_a_patient_client_is_served(
    api: Serving, greedy: str, patient: str
) -> None:
    async with socket(api, greedy) as flood:

        async def send() -> None:
            for _ in range(20 * int(SocketConnection.burst)):
                await flood.send('{"ping": 1}')

        flooding = asyncio.create_task(send())
        assert await is_served(api, patient)
        code, reason = await closed(flood)
        await asyncio.gather(flooding, return_exceptions=True)
    assert (code, reason) == (1008, "More than 20 messages a second.")


async def test_pings_of_the_protocol_count_as_well(api: Serving, greedy: str, patient: str) -> None:
    async with socket(api, greedy) as flood:

        async def ping() -> None:
            for number in range(3 * int(SocketConnection.burst)):
                await flood.ping(str(number))

        pinging = asyncio.create_task(ping())
        code, _ = await closed(flood)
        await asyncio.gather(pinging, return_exceptions=True)
    assert code == 1008
    assert await is_served(api, patient)


async def test_large_messages_count_more(api: Serving, greedy: str) -> None:
    async with socket(api, greedy) as flood:
        for _ in range(int(SocketConnection.burst) // 10):
            await flood.send(json.dumps({"ping": "a" * 60_000}))
        assert (await closed(flood))[0] == 1008


async def test_a_text_that_is_none_closes_the_socket(api: Serving, greedy: str) -> None:
    async with socket(api, greedy) as mine:
        await mine.send(b"\xff\xfe", text=True)
        assert (await closed(mine))[0] == 1007
    async with socket(api, greedy) as mine:
        await mine.send([b'{"ping": "\xf0\x9f', b'\x8c\xb1"}'], text=True)
        assert json.loads(await mine.recv()) == {"pong": "🌱"}
    assert "Traceback" not in api.log.read_text()


@pytest.mark.parametrize(
    "frame",
    [b"\x89\x81\0\0\0\0x", b"\x81\x01a", b"\x88\x80\0\0\0\0"],
    ids=["ping", "text", "close"],
)
async def test_frames_before_the_answer_to_the_handshake_end_the_connection(
    api: Serving, frame: bytes
) -> None:
    """Nobody needs an account to send them, and each would write an error into the log."""
    host, port = api.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = b"dGhlIHNhbXBsZSBub25jZQ=="
    writer.write(
        b"GET /api/v1/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    )
    with suppress(ConnectionError):
        for _ in range(100):
            writer.write(frame * 20)
            await writer.drain()
            await asyncio.sleep(0)
        await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert "Traceback" not in api.log.read_text()


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=-1", "?types=task.created", "?device=a&device=b"]
)
async def test_a_parameter_that_means_nothing_is_refused_in_words(
    api: Serving, patient: str, query: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(api, patient, query):
            pass
    assert refused.value.response.status_code == 422
    assert json.loads(refused.value.response.body or b"")["type"] == "/problems/invalid"


async def test_a_burst_at_the_start_is_fine(api: Serving, patient: str) -> None:
    async with socket(api, patient) as mine:
        for number in range(MAX_SUBSCRIPTIONS):
            await mine.send(json.dumps({"subscribe": {"types": [f"type{number}"]}}))
            assert "subscribed" in json.loads(await mine.recv())
        # The same again is the same subscription.
        await mine.send(json.dumps({"subscribe": {"types": ["type0"]}}))
        assert "subscribed" in json.loads(await mine.recv())


async def test_one_subscription_too_many_closes_the_socket(api: Serving, greedy: str) -> None:
    async with socket(api, greedy) as mine:
        for number in range(MAX_SUBSCRIPTIONS + 1):
            await mine.send(json.dumps({"subscribe": {"types": [f"type{number}"]}}))
        assert await closed(mine) == (1008, "More than 100 subscriptions.")


async def test_tasks_of_all_subscriptions_count_together(
    api: Serving, greedy: str, patient: str
) -> None:
    async with socket(api, greedy) as mine:
        for _ in range(MAX_TASKS // 1_000 + 1):
            tasks = [str(uuid4()) for _ in range(1_000)]
            await mine.send(json.dumps({"subscribe": {"tasks": tasks}}))
        assert await closed(mine) == (1008, "More than 2000 tasks in all subscriptions.")
    assert await is_served(api, patient)


async def test_a_newer_socket_of_the_same_device_takes_the_place_of_the_one_before(
    api: Serving, patient: str
) -> None:
    async with (
        socket(api, patient, "?device=phone") as before,
        socket(api, patient, "?device=tablet") as other,
        socket(api, patient, "?device=phone") as newer,
    ):
        reason = "A newer connection of this device took its place."
        assert await closed(before) == (4409, reason)
        for mine in (other, newer):
            await mine.send('{"ping": 2}')
            assert json.loads(await mine.recv()) == {"pong": 2}


async def test_tabs_beyond_the_limit_replace_each_other_when_they_name_their_device(
    api: Serving, patient: str
) -> None:
    headers = {"Authorization": f"Bearer {patient}"}
    url = f"{api.address}/api/v1/stream?device=laptop"
    async with httpx.AsyncClient(headers=headers, timeout=20) as http, AsyncExitStack() as stay:
        lines = []
        for _ in range(5):  # an account may have three
            opened = await stay.enter_async_context(http.stream("GET", url))
            assert opened.status_code == 200
            lines.append(opened.aiter_lines())
            async for line in lines[-1]:
                if line == "event: listening":
                    break
        for earlier in lines[:-1]:
            rest = [line async for line in earlier]  # each has ended
            assert "event: replaced" in rest
    async with httpx.AsyncClient(headers=headers) as http:
        too_long = await http.get(f"{api.address}/api/v1/stream?device={'a' * 101}")
        assert too_long.status_code == 422
