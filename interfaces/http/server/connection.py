"""One connection, and what it may cost us before and while it asks: bytes, and time."""

import asyncio
from typing import Any, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from infrastructure.bootstrap import HTTP_REQUESTS
from interfaces.http.middleware.edge import SECURITY
from interfaces.http.middleware.http_metrics import NOWHERE
from interfaces.http.protocol.problems import MEDIA_TYPE, PROBLEM_TYPES, Problem
from interfaces.http.protocol.uuid7 import uuid7

# Beyond what an application refuses with advice (32 KiB, 8 KiB), this is refused unread.
MAX_HEAD_BYTES = 64 * 1024
# Over the limit, for those who ask how we are and for telling others so.
RESERVE_CONNECTIONS = 256


class Connection(HttpToolsProtocol):
    """uvicorn reads a head of any size for any time, and waits for ever for a body or a reader.

    Who has not sent a whole head within `head` seconds, a whole body within `body`, or has taken
    nothing of an answer for `answer`, is cut off; between requests uvicorn's own timeout counts.
    """

    most: ClassVar[int] = 0  # connections of this process; 0 is without a limit
    head: ClassVar[float] = 20.0
    body: ClassVar[float] = 60.0
    answer: ClassVar[float] = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heads = 0  # that were whole
        self._awaited = True  # a head, whole
        self._begun = False
        self._size = 0  # bytes that came while no head became whole
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.most > 0 and len(self.connections) > self.most + RESERVE_CONNECTIONS:
            transport.abort()
            return
        self._reading = self.loop.call_later(self.head, self._no_head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        heads = self._heads
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if not self._awaited:
            if self._reading is None:
                self._reading = self.loop.call_later(self.body, self.transport.abort)
            return
        if heads == self._heads:
            self._size += len(data)
            if self._size > MAX_HEAD_BYTES:
                self._refuse("headers-too-large")
                return
        if self._reading is None and (self._begun or heads == self._heads):
            self._reading = self.loop.call_later(self.head, self._no_head)

    def on_message_begin(self) -> None:
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._heads += 1
        self._size = 0
        self._awaited = False
        self._stop_reading()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._awaited, self._begun = True, False
        self._stop_reading()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._wait_no_more()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP. Whoever is still owed an answer gets that one, and no more."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            cycle.keep_alive = False
            self.flow.pause_reading()
        elif cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.abort()
        else:
            self._refuse("malformed")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self.loop.call_later(self.answer, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _no_head(self) -> None:
        self._reading = None
        if self.cycle is not None and not self.cycle.response_complete:
            # What was asked before is still being answered: that is our time, not theirs.
            self._reading = self.loop.call_later(self.head, self._no_head)
        else:
            self.transport.abort()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _wait_no_more(self) -> None:
        self._stop_reading()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _refuse(self, name: str) -> None:
        """Answer for the application, which never saw what came."""
        kind = PROBLEM_TYPES[name]
        problem = Problem(
            type=f"/problems/{kind.name}",
            title=kind.title,
            status=kind.status,
            detail=kind.advice,
            instance="",
            request_id=str(uuid7()),
        )
        body = msgspec.json.encode(problem)
        headers = [
            *SECURITY,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[kind.status] + lines + b"\r\n" + body)
        self.transport.close()
        HTTP_REQUESTS.labels("other", NOWHERE, str(kind.status)).inc()


def connection_of(most: int) -> type[Connection]:
    """Return the kind of connection of a process that may have `most` of them."""
    return type("Connection", (Connection,), {"most": most})
