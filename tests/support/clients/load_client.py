"""A client that costs little: raw HTTP/1.1 over kept-alive connections, nothing but sockets."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

Request = Callable[[], bytes]


class Answer(msgspec.Struct):
    status: int
    body: bytes
    seconds: float


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not one of its heirs

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answered is None:
            return
        head = bytes(self._received[:end])
        start = head.index(b"content-length: ") + 16
        until = head.find(b"\r\n", start)
        length = int(head[start:] if until < 0 else head[start:until])
        if len(self._received) >= end + 4 + length:
            body = bytes(self._received[end + 4 : end + 4 + length])
            self._received.clear()
            answered, self._answered = self._answered, None
            answered.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the server hung up"))

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        if self._transport.is_closing():
            raise ConnectionResetError("the server hung up")
        self._answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(request)
        status, body = await self._answered
        return Answer(status, body, time.perf_counter() - began)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def connect(port: int) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


def request(
    method: str, path: str, body: bytes = b"", *, token: str = "", headers: Sequence[str] = ()
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def load(
    port: int, next_request: Request, *, expected: int, seconds: float, connections: int = 32
) -> list[Answer]:
    """Ask for so many seconds on so many connections; every answer must be as `expected`."""
    answers: list[Answer] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        connection = await connect(port)
        while time.perf_counter() < end:
            answer = await connection.ask(next_request())
            assert answer.status == expected, (answer.status, answer.body)
            answers.append(answer)
        connection.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return answers
