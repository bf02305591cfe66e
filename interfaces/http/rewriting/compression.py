"""Compression of responses with Zstandard or gzip, for clients that accept it."""

import asyncio
import gzip
import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from interfaces.http.rewriting.codings import Coding, Wanted

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Levels: TypeAlias = Mapping[Coding, int]

# A long list takes 0.5–2 ms; gzip's highest level takes three times as long for 3 % less.
QUICK: Levels = {Coding.ZSTD: 3, Coding.GZIP: 4}
MIN_BYTES = 2048  # of less, little is saved
LONG_BYTES = 32 * 1024  # takes some tenths of a millisecond: other requests go on meanwhile
# One thread: however many long answers somebody asks for, they take one core and not all.
PACKING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compression")
COMPRESSIBLE = ("application/json", "application/problem+json", "text/")
# Answers that hold secrets: their compressed length would tell about these. What else holds a
# secret has `no-transform` in its Cache-Control, which proxies obey too.
SECRET = (
    "/api/v1/accounts/services",
    "/api/v1/auth",
    "/api/v1/calendar",
    "/api/v1/me/webhooks",
    "/api/v1/stream/tickets",
)
_SLASHES = re.compile("//+")  # which a path may have for one
VARY = (b"vary", b"Accept-Encoding")


def holds_secret(path: str) -> bool:
    """Whether the response to a request for the path may hold a secret."""
    return _SLASHES.sub("/", path).startswith(SECRET)


def compressed(body: bytes, coding: Coding, levels: Levels = QUICK) -> bytes:
    """Return the body in a coding; the higher its level, the smaller and the slower."""
    if coding is Coding.ZSTD:
        return zstd.compress(body, levels[coding])
    return gzip.compress(body, levels[coding], mtime=0)


def compressing(send: Any, path: str, wanted: Wanted) -> Any:
    """Return a `send` that compresses long answers. What is sent in parts is left as it is."""
    coding = wanted.coding
    # No cache keeps answers for others, so an answer as it is needs no Vary.
    if coding is None or holds_secret(path):
        return send
    least = 1 if wanted.always else MIN_BYTES
    held: Any = None

    async def send_compressed(message: Any) -> None:
        nonlocal held
        if message["type"] == "http.response.start" and _may_shrink(message["headers"], least):
            held = message
            return
        if held is not None:
            start, held = held, None
            if not message.get("more_body"):
                body = await _packed(message["body"], coding)
                start = {**start, "headers": _of(start["headers"], coding, len(body))}
                message = {**message, "body": body}
            await send(start)
        await send(message)

    return send_compressed


async def _packed(body: bytes, coding: Coding) -> bytes:
    if len(body) < LONG_BYTES:
        return compressed(body, coding)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(PACKING, compressed, body, coding)


def _may_shrink(headers: Any, least: int) -> bool:
    """Whether the response is a text of `least` bytes or more, whole, and its route has not
    chosen a coding itself."""
    values: Mapping[bytes, bytes] = dict(headers)
    return (
        int(values.get(b"content-length", b"0")) >= least
        and values.get(b"content-type", b"").decode("latin-1").startswith(COMPRESSIBLE)
        and b"content-encoding" not in values
        and b"no-transform" not in values.get(b"cache-control", b"")
        and VARY not in headers
    )


def _of(headers: Any, coding: Coding, length: int) -> list[tuple[bytes, bytes]]:
    """Return the headers of a compressed response. Its entity tag names the coding too: a strong
    tag is that of some bytes."""
    name = coding.encode()
    kept = [header for header in headers if header[0] not in (b"content-length", b"etag")]
    tags = [value for header, value in headers if header == b"etag"]
    return [
        *kept,
        *((b"etag", b'%b-%b"' % (tag[:-1], name)) for tag in tags),
        (b"content-length", b"%d" % length),
        (b"content-encoding", name),
        VARY,
    ]
