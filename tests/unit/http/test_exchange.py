"""A response of known length leaves in one piece, and no header can end it early."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from interfaces.http.server.exchange import SLICE_BYTES, Exchange

pytestmark = pytest.mark.anyio

LENGTH = (b"content-length", b"5")


class Written:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def exchange(transport: Any, *, method: str = "GET", keep_alive: bool = True) -> Exchange:
    return Exchange(
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item]
        transport=transport,
        flow=FlowControl(transport),
        logger=None,  # type: ignore[arg-type]
        access_logger=None,  # type: ignore[arg-type]
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


def begins(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": list(headers)}


async def sent(
    exchange: Exchange, headers: Sequence[tuple[bytes, bytes]], *bodies: bytes
) -> Exchange:
    await exchange.send(begins(*headers))
    for number, body in enumerate(bodies, start=1):
        more = number < len(bodies)
        await exchange.send({"type": "http.response.body", "body": body, "more_body": more})
    return exchange


async def test_a_response_of_known_length_is_one_write() -> None:
    transport = Written()
    ended = await sent(exchange(transport), [LENGTH], b"hello")
    assert transport.pieces == [
        b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 5\r\n\r\nhello",
    ]
    assert ended.response_complete


async def test_the_last_response_of_a_connection_says_so_and_closes_it() -> None:
    transport = Written()
    await sent(exchange(transport, keep_alive=False), [LENGTH], b"hello")
    assert transport.closed
    assert b"\r\nconnection: close\r\n\r\nhello" in transport.pieces[0]


async def test_a_body_in_pieces_follows_the_head_as_it_comes() -> None:
    transport = Written()
    ended = await sent(exchange(transport), [LENGTH], b"hel", b"lo")
    assert b"".join(transport.pieces).endswith(b"\r\n\r\nhello")
    assert ended.response_complete


async def test_a_body_of_another_length_than_was_said_is_an_error() -> None:
    for body in (b"hell", b"hello!"):
        with pytest.raises(RuntimeError):
            await sent(exchange(Written()), [LENGTH], body)


async def test_a_head_asked_for_alone_has_no_body() -> None:
    transport = Written()
    ended = await sent(exchange(transport, method="HEAD"), [LENGTH], b"")
    assert b"".join(transport.pieces).endswith(b"content-length: 5\r\n\r\n")
    assert ended.response_complete


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b", b"a\x7fb"])
async def test_no_header_can_end_its_line(value: bytes) -> None:
    transport = Written()
    for headers in ([LENGTH, (b"location", value)], [(b"location", value)]):
        with pytest.raises(RuntimeError):
            await sent(exchange(transport), headers, b"hello")
    assert transport.pieces == []


async def test_a_response_without_a_length_is_sent_in_chunks() -> None:
    transport = Written()
    await sent(exchange(transport), [], b"hello")
    assert b"".join(transport.pieces).endswith(b"5\r\nhello\r\n0\r\n\r\n")


async def test_a_long_body_is_written_in_slices_and_others_go_on_after_each() -> None:
    transport, body = Written(), b"x" * (3 * SLICE_BYTES + 1)
    length = (b"content-length", b"%d" % len(body))
    sending = asyncio.create_task(sent(exchange(transport), [length], body))
    sizes = []
    while not sending.done():
        await asyncio.sleep(0)
        sizes.append(sum(map(len, transport.pieces)))
    assert max(after - before for before, after in pairwise([0, *sizes])) < SLICE_BYTES + 200
    assert b"".join(transport.pieces).endswith(body)
    assert (await sending).response_complete


async def test_the_rest_of_a_long_body_waits_for_a_client_that_reads_slowly() -> None:
    transport, body = Written(), b"x" * (2 * SLICE_BYTES)
    slow = exchange(transport)
    length = (b"content-length", b"%d" % len(body))
    sending = asyncio.create_task(sent(slow, [length], body))
    await asyncio.sleep(0)
    slow.flow.pause_writing()
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(transport.pieces) == 1
    slow.disconnected = True
    slow.flow.resume_writing()
    await sending
    assert len(transport.pieces) == 1


async def test_a_request_that_is_here_is_received_once_and_then_its_end() -> None:
    request = exchange(Written())
    request.body += b"hello"
    request.more_body = False
    request.message_event.set()
    assert await request.receive() == {
        "type": "http.request",
        "body": b"hello",
        "more_body": False,
    }
    waiting = asyncio.create_task(request.receive())
    await asyncio.sleep(0)
    assert not waiting.done()
    request.disconnected = True
    request.message_event.set()
    assert await waiting == {"type": "http.disconnect"}


async def test_a_body_that_is_still_coming_is_received_as_it_comes() -> None:
    request = exchange(Written())
    waiting = asyncio.create_task(request.receive())
    await asyncio.sleep(0)
    request.body += b"hel"
    request.message_event.set()
    assert await waiting == {"type": "http.request", "body": b"hel", "more_body": True}
    request.body += b"lo"
    request.more_body = False
    request.message_event.set()
    assert await request.receive() == {"type": "http.request", "body": b"lo", "more_body": False}
