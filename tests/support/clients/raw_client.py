"""HTTP byte by byte: requests cut into pieces anywhere, and the answers that come back."""

import asyncio
import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

TIMEOUT_SECONDS = 30.0  # seconds for all answers of a connection
PAUSE_SECONDS = 0.002  # seconds between two pieces, so that most are read one by one

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")


class RawAnswer(Struct, frozen=True):
    status: int
    body: bytes


def request(
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    token: str | None = None,
    chunks: Sequence[int] = (),
    more: bytes = b"",
) -> bytes:
    """Return the bytes of a request. With `chunks`, sizes in bytes, its body is sent chunked."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: annals.test"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}".encode())
    if body is not None:
        lines.append(b"Content-Type: application/json")
        lines.append(b"Transfer-Encoding: chunked" if chunks else b"Content-Length: %d" % len(body))
    head = b"\r\n".join(lines) + b"\r\n" + more + b"\r\n"
    if body is None:
        return head
    return head + (chunked(body, chunks) if chunks else body)


def chunked(body: bytes, sizes: Sequence[int]) -> bytes:
    """Return a body in chunks of these sizes, and the rest as the last."""
    parts, begin = [], 0
    for size in [*sizes, len(body)]:
        part = body[begin : begin + size]
        begin += size
        if part:
            parts.append(b"%x\r\n%b\r\n" % (len(part), part))
    return b"".join(parts) + b"0\r\n\r\n"


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Return `data` cut at these places; places outside it count for nothing."""
    places = sorted({0, len(data), *(cut for cut in cuts if 0 < cut < len(data))})
    return [data[a:b] for a, b in pairwise(places)]


async def exchange(port: int, parts: Sequence[bytes], *, answers: int) -> list[RawAnswer]:
    """Send the pieces one by one; return the answers, at most so many, in order.

    Fewer come if the server ends the connection first.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_send(writer, parts))
    found: list[RawAnswer] = []
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while len(found) < answers:
                found.append(await _answer(reader))
            await sending
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()
    return found


async def _send(writer: asyncio.StreamWriter, parts: Sequence[bytes]) -> None:
    for number, part in enumerate(parts):
        if number:
            await asyncio.sleep(PAUSE_SECONDS)
        writer.write(part)
        await writer.drain()


async def _answer(reader: asyncio.StreamReader) -> RawAnswer:
    head = await reader.readuntil(b"\r\n\r\n")
    found = LENGTH.search(head)
    body = await reader.readexactly(int(found[1])) if found else b""
    return RawAnswer(status=int(head.split(maxsplit=2)[1]), body=body)
