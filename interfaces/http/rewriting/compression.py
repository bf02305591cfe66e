"""Compression of responses with gzip, for clients that accept it."""

import asyncio
import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

LEVEL = 4  # a long list takes 1–2 ms; level 9 takes three times as long for 3 % less
MIN_BYTES = 2048  # of less, little is saved
LONG_BYTES = 32 * 1024  # takes some tenths of a millisecond: other requests go on meanwhile
# One thread: however many long answers somebody asks for, they take one core and not all.
ZIPPING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gzip")
COMPRESSIBLE = ("application/json", "application/problem+json", "text/")
# Answers that hold secrets: their compressed length would tell about these.
SECRET = ("/api/v1/auth", "/api/v1/stream/tickets", "/api/v1/me/webhooks")

REFUSED = re.compile(r"gzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|\Z)")


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether the value of an Accept-Encoding header names gzip, and not to refuse it."""
    return accept_encoding is not None and (
        "gzip" in accept_encoding.lower() and REFUSED.search(accept_encoding.lower()) is None
    )


def compressing(send: Any, path: str) -> Any:
    """Return a `send` that compresses long answers. What is sent in parts is left as it is."""
    if path.startswith(SECRET):
        return send
    held: Any = None

    async def send_compressed(message: Any) -> None:
        nonlocal held
        if message["type"] == "http.response.start" and _may_shrink(message["headers"]):
            held = message
            return
        if held is not None:
            start, held = held, None
            body = message.get("body", b"")
            if len(body) >= MIN_BYTES and not message.get("more_body"):
                body = await _zipped(body)
                start = {**start, "headers": _compressed(start["headers"], len(body))}
                message = {**message, "body": body}
            await send(start)
        await send(message)

    return send_compressed


async def _zipped(body: bytes) -> bytes:
    if len(body) < LONG_BYTES:
        return gzip.compress(body, LEVEL, mtime=0)
    compress = partial(gzip.compress, body, LEVEL, mtime=0)
    return await asyncio.get_running_loop().run_in_executor(ZIPPING, compress)


def _may_shrink(headers: Any) -> bool:
    values = {name.lower(): value for name, value in headers}
    kind = values.get(b"content-type", b"").decode("latin-1")
    stream = kind.startswith("text/event-stream")
    return kind.startswith(COMPRESSIBLE) and not stream and b"content-encoding" not in values


def _compressed(headers: Any, length: int) -> list[tuple[bytes, bytes]]:
    kept = [header for header in headers if header[0].lower() != b"content-length"]
    return [
        *kept,
        (b"content-length", b"%d" % length),
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
    ]
