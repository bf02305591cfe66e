"""How a response in pieces ends: with a last piece, or cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from application.ports.signal import Signal
from interfaces.http.protocol.held_stream import HeldStream

pytestmark = pytest.mark.anyio


async def pieces(first_sent: asyncio.Event) -> AsyncIterator[bytes]:
    yield b"first"
    first_sent.set()
    await asyncio.Event().wait()


async def ended_by(last: bytes | None) -> tuple[list[Any], bool]:
    """End a response after its first piece; return what was sent, and whether it was closed."""
    ending, other, first_sent = Signal(), Signal(), asyncio.Event()
    sent: list[Any] = []
    stay, closed = AsyncExitStack(), asyncio.Event()
    stay.callback(closed.set)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.Event().wait()

    stream = HeldStream(
        pieces(first_sent), stay, media_type="text/plain", endings={other: b"other", ending: last}
    )
    response: Any = stream.to_asgi_response(None, None)
    running = asyncio.create_task(response({}, receive, send))
    async with asyncio.timeout(30):
        await first_sent.wait()
        ending.set()
        await running
    return sent, closed.is_set()


async def test_a_response_ends_with_the_piece_of_what_ended_it() -> None:
    sent, closed = await ended_by(b"last")
    assert [message.get("body") for message in sent] == [None, b"first", b"last"]
    assert not sent[-1].get("more_body")
    assert closed


async def test_a_response_without_a_last_piece_is_cut_off() -> None:
    sent, closed = await ended_by(None)
    assert [message.get("body") for message in sent] == [None, b"first"]
    assert sent[-1]["more_body"]
    assert closed


async def test_what_a_response_held_is_free_before_its_client_has_the_end() -> None:
    """A client that asks for the next export as soon as it has one must not be refused."""
    stay, happened = AsyncExitStack(), list[Any]()
    stay.callback(happened.append, "free")

    async def whole() -> AsyncIterator[bytes]:
        yield b"all"

    async def send(message: Any) -> None:
        happened.append(message.get("body"))

    async def receive() -> Any:
        await asyncio.Event().wait()

    response: Any = HeldStream(whole(), stay, media_type="text/plain").to_asgi_response(None, None)
    await response({}, receive, send)
    assert happened == [None, b"all", "free", b""]


async def test_a_response_whose_pieces_fail_has_no_end() -> None:
    sent, stay = list[Any](), AsyncExitStack()

    async def failing() -> AsyncIterator[bytes]:
        yield b"some"
        raise ValueError

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.Event().wait()

    response: Any = HeldStream(failing(), stay, media_type="a/b").to_asgi_response(None, None)
    await response({}, receive, send)
    assert [message.get("more_body") for message in sent] == [None, True]
