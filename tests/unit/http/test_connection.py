"""What a connection may cost, over real sockets: a client that stalls or never ends is cut off."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from interfaces.http.server.connection import MAX_HEAD_BYTES, Connection
from tests.support.waiting import until

TIMEOUT_SECONDS = 10.0  # seconds for what happens at once
HELLO = b"GET / HTTP/1.1\r\nHost: annals\r\n\r\n"
MUCH = b"x" * (16 * 1024 * 1024)


class Hasty(Connection):
    head = body = answer = 1.0


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Reads a body to its end; answers with much where much is asked for."""
    if scope["type"] != "http":
        return
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    if message["type"] == "http.disconnect":
        return
    names = b" ".join(name for name, _ in scope["headers"])
    body = {"/much": MUCH, "/headers": names}.get(scope["path"], b"hello")
    length = b"%d" % len(body)
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}
    await send(start)
    for begin in range(0, len(body), 65_536):
        chunk = body[begin : begin + 65_536]
        more = begin + len(chunk) < len(body)
        await send({"type": "http.response.body", "body": chunk, "more_body": more})


class Served:
    def __init__(self, port: int, server: uvicorn.Server) -> None:
        self.port = port
        self.server = server

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, *words: bytes) -> bytes:
        """Send words one after the other; return all that comes until the connection ends."""
        reader, writer = await self.connect()
        try:
            for word in words:
                writer.write(word)
                await writer.drain()
                await asyncio.sleep(0)
            return await asyncio.wait_for(reader.read(), TIMEOUT_SECONDS)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)


@asynccontextmanager
async def serving(kind: type[Connection]) -> AsyncIterator[Served]:
    config = uvicorn.Config(
        answering,
        port=0,
        http=kind,
        lifespan="off",
        log_config=None,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(_true(lambda: server.started))
    yield Served(server.servers[0].sockets[0].getsockname()[1], server)
    server.should_exit = True
    await running


@pytest.fixture
async def hasty() -> AsyncIterator[Served]:
    async with serving(Hasty) as served:
        yield served


@pytest.fixture
async def patient() -> AsyncIterator[Served]:
    async with serving(Connection) as served:
        yield served


async def test_who_says_nothing_is_cut_off(hasty: Served) -> None:
    assert await hasty.say() == b""


async def test_who_never_ends_a_head_is_cut_off(hasty: Served) -> None:
    reader, writer = await hasty.connect()
    writer.write(b"GET / HTTP/1.1\r\n")
    # A header every moment does not buy more time.
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):  # noqa: PT012
        for number in range(1_000):
            writer.write(b"x-%d: y\r\n" % number)
            await writer.drain()
            await asyncio.sleep(0.01)
            if reader.at_eof():
                raise ConnectionResetError
    writer.close()


async def test_nor_does_a_blank_line_now_and_then_buy_time(hasty: Served) -> None:
    assert await hasty.say(b"\r\n", b"\r\n") == b""


async def test_a_second_request_has_no_more_time_than_the_first(hasty: Served) -> None:
    said = await hasty.say(HELLO + b"GET /")
    assert said.count(b"200 OK") == 1


async def test_who_never_ends_a_body_is_cut_off(hasty: Served) -> None:
    assert await hasty.say(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"half") == b""


async def test_who_takes_nothing_of_an_answer_is_cut_off(hasty: Served) -> None:
    reader, writer = await hasty.connect()
    writer.write(HELLO)
    await reader.readuntil(b"hello")
    writer.write(HELLO.replace(b"/ ", b"/much "))
    await writer.drain()
    await until(_true(lambda: hasty.connections == 0))
    writer.close()


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"a" * 2 * MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\r\nx: " + b"a" * 2 * MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * MAX_HEAD_BYTES,
        b"\r\n" * MAX_HEAD_BYTES,
    ],
    ids=["address", "header", "headers", "blank lines"],
)
async def test_a_head_without_an_end_is_refused_while_it_comes(
    patient: Served, endless: bytes
) -> None:
    reader, writer = await patient.connect()
    try:
        for begin in range(0, len(endless), 1_000):
            writer.write(endless[begin : begin + 1_000])
            await writer.drain()
            await asyncio.sleep(0)
        said = await asyncio.wait_for(reader.read(), TIMEOUT_SECONDS)
    except ConnectionError:
        return  # it was so quick that the answer was lost
    finally:
        writer.close()
    assert said.startswith(b"HTTP/1.1 431 ")


CHUNKED = b"POST /headers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("apart", [False, True])
async def test_a_trailer_is_no_header(patient: Served, *, apart: bool) -> None:
    """A proxy checks and sets headers; what comes after the body it may pass on as it is."""
    words = [CHUNKED + b"1\r\nx\r\n", b"0\r\nAuthorization: a\r\nX-Forwarded-For: b\r\n\r\n"]
    said = await patient.say(*(words if apart else [b"".join(words)]), b"NONSENSE\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")
    seen = said.partition(b"\r\n\r\n")[2].partition(b"HTTP/")[0]
    assert seen == b"host transfer-encoding"


@pytest.mark.parametrize(
    "endless",
    [
        b"1;" + b"a" * 4 * MAX_HEAD_BYTES,
        b"1\r\nx\r\n" + b"0" * 4 * MAX_HEAD_BYTES,
        b"1;a=aaaaaaaaaaaaaaaaaaaa\r\nx\r\n" * (MAX_HEAD_BYTES // 8),
        b"0\r\n" + b"x: y\r\n" * MAX_HEAD_BYTES,
        b"0\r\nx: " + b"y" * 4 * MAX_HEAD_BYTES,
    ],
    ids=["extension", "size", "extensions", "trailers", "trailer"],
)
async def test_what_frames_a_body_has_an_end(patient: Served, endless: bytes) -> None:
    reader, writer = await patient.connect()
    writer.write(CHUNKED)
    said = b""
    with suppress(ConnectionError):  # it was so quick that the answer was lost
        for begin in range(0, len(endless), 8_000):
            writer.write(endless[begin : begin + 8_000])
            await writer.drain()
            await asyncio.sleep(0)
        said = await asyncio.wait_for(reader.read(), TIMEOUT_SECONDS)
    writer.close()
    assert said.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 ")) or not said
    await until(_true(lambda: patient.connections == 0))


async def test_a_body_may_come_in_chunks_of_a_byte(patient: Served) -> None:
    said = await patient.say(CHUNKED, b"1\r\nx\r\n" * 50_000, b"0\r\n\r\n", b"NONSENSE\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")


async def test_what_is_no_http_gets_a_problem_as_safe_as_any_answer(patient: Served) -> None:
    said = await patient.say(b"HELLO THERE\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"x-content-type-options: nosniff" in head
    assert json.loads(body)["type"] == "/problems/malformed"


@pytest.mark.parametrize(
    "bad",
    [
        b"Content-Length: -1",
        b"Content-Length: +5",
        b"Content-Length: 5, 6",
        b"Content-Length: 99999999999999999999999",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding : chunked",
        b"x: a\r\n b",
        b"x\0y: a",
    ],
)
async def test_what_two_servers_could_read_in_two_ways_is_refused(
    patient: Served, bad: bytes
) -> None:
    said = await patient.say(b"POST / HTTP/1.1\r\nHost: a\r\n" + bad + b"\r\n\r\nhello")
    assert said.startswith(b"HTTP/1.1 400 ")


async def test_requests_sent_together_are_answered_in_order(patient: Served) -> None:
    said = await patient.say(HELLO * 20 + b"NONSENSE\r\n\r\n")
    assert said.count(b"200 OK") == 20
    assert said.rfind(b"200 OK") < said.find(b"400 Bad") or b"400 Bad" not in said


async def test_nonsense_behind_a_request_does_not_take_the_place_of_its_answer(
    patient: Served,
) -> None:
    said = await patient.say(HELLO + b"NONSENSE\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")


def _true(found: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return found()

    return ask
