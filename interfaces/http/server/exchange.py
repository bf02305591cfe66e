"""One request and its response, which leaves with a single write if its length is known."""

import asyncio
import urllib.parse
from collections.abc import Sequence
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from interfaces.http.middleware.response_headers import SECURITY, ResponseHeaders

# Most responses have all of these headers.
SECURITY_LINES = b"".join(b"%b: %b\r\n" % header for header in SECURITY)
LENGTH = b"content-length"
# Headers that say where a response ends; most have only its length.
FRAMING = frozenset((b"content-length", b"transfer-encoding", b"connection"))
SLICE_BYTES = 256 * 1024  # written at once of a longer body; others go on after each slice
CONTROLS = bytes((*range(9), *range(10, 32), 127))  # all but the tab


class Exchange(RequestResponseCycle):
    """A response without a known length is uvicorn's own matter; most responses have one.

    uvicorn searches each header with two regular expressions for what could end it early. Here
    one count over the whole head finds the same: it has as many control characters as ends of
    lines need.
    """

    head: bytes | None = None  # held until the body follows
    delivered = False  # once the whole body was received by the application

    async def receive(self) -> Any:
        ended = self.delivered or self.disconnected or self.response_complete
        if ended or self.more_body or self.waiting_for_100_continue:
            return await super().receive()
        # The request is here already, as most are before the application asks for it.
        self.delivered = True
        self.flow.resume_reading()
        self.message_event.clear()
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if self.head is None:
            if not self.response_started and message["type"] == "http.response.start":
                self.head = self._head(message["status"], message["headers"])
            if self.head is None:
                await super().send(message)
            return
        if self.flow.write_paused:
            await self.flow.drain()
        if self.disconnected:
            return
        head, self.head = self.head, None
        body = message.get("body", b"")
        if message.get("more_body") or len(body) != self.expected_content_length:
            self.transport.write(head)
            await super().send(message)
            return
        self.transport.write(head + body[:SLICE_BYTES])
        for start in range(SLICE_BYTES, len(body), SLICE_BYTES):
            await self._others_go_on()
            if self.disconnected:
                return
            self.transport.write(body[start : start + SLICE_BYTES])
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    async def _others_go_on(self) -> None:
        """Give the others a turn, and wait until the client has read what was written."""
        await asyncio.sleep(0)
        if self.flow.write_paused:
            await self.flow.drain()

    def _head(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        """Return the bytes before a body, and begin the response; None if its length is not known.

        Raises:
            RuntimeError: a header has a control character in it.
        """
        ready = isinstance(headers, ResponseHeaders) and headers.has_security
        others = [*self.default_headers, *(headers[len(SECURITY) :] if ready else headers)]
        length: bytes | None = None
        for name, value in others:
            if name in FRAMING:
                if name != LENGTH or length is not None:
                    return None
                length = value
        if length is None:
            return None
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        lines = b"".join([b"%b: %b\r\n" % header for header in others])
        if len(lines) - len(lines.translate(None, CONTROLS)) != 2 * len(others):
            raise RuntimeError("A response header has a control character in it.")
        self.response_started = True
        self.waiting_for_100_continue = False
        self.chunked_encoding = False
        self.expected_content_length = int(length)
        return b"".join((STATUS_LINE[status], SECURITY_LINES if ready else b"", lines, end))


def complete_scope(scope: Any, parser: httptools.HttpRequestParser, url: bytes) -> None:
    """Put the method, the version, the path and the query of a complete head into its scope.

    Raises:
        httptools.HttpParserInvalidURLError: the URL is none.
        UnicodeDecodeError: the path has bytes that are not ASCII.
    """
    scope["method"] = parser.get_method().decode("ascii")
    if (version := parser.get_http_version()) != "1.1":
        scope["http_version"] = version
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    scope["path"] = urllib.parse.unquote(path) if "%" in path else path
    scope["raw_path"] = parsed.path
    scope["query_string"] = parsed.query or b""
