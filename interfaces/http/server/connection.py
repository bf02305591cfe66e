"""Limits what one connection may cost, in bytes and seconds, before the application sees it."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from application.ports.telemetry import HttpTelemetry
from interfaces.http.middleware.response_headers import SECURITY
from interfaces.http.problems.documents import MEDIA_TYPE, problem_document
from interfaces.http.problems.problem_types import PROBLEM_TYPES
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.server.exchange import Exchange, complete_scope
from interfaces.http.server.kept_connection import KeptConnection
from interfaces.http.server.peers import Peer, Peers

# The application refuses 32 KiB of headers with advice; beyond this, nothing is parsed.
MAX_HEAD_BYTES = 64 * 1024
# The same for what frames a body: sizes and extensions of chunks, and trailers. Each byte of a body
# pays for some, so that a body may also come in chunks of a byte.
FRAMING_BYTES_PER_BYTE = 8
# Beyond these, the protocol of sockets would neither answer nor end the connection.
MAX_SOCKET_HEADERS = 120
MAX_SOCKET_LINE = 8_000  # bytes
# Connections over the limit: for health probes, and to refuse the others with a response.
RESERVE_CONNECTIONS = 256


class Connection(KeptConnection):
    """Adds deadlines to uvicorn, which reads a head of any size for any time, and waits forever
    for a body or for a client that reads nothing.

    A client is disconnected if it has not sent a complete head within `head` seconds or a
    complete body within `body`, or if it has read nothing of a response for `answer`. What is
    left of a body after its response is awaited for `rest`. Between requests the timeout of
    uvicorn applies.

    A connection of an address that has too many already is answered 429, whatever it asks.

    What is always true of the state, between two calls of the event loop:

    ============== ==========================================================================
    `_heads`       counts the complete heads; it only grows. `data_received` compares it to
                   see whether the data completed a head.
    `_awaiting`    True from the end of a message to the end of the next head: the next bytes
                   belong to a head. False: they belong to a body.
    `_begun`       True from the first byte of a message to its last. `_awaiting and _begun`:
                   a head has begun and is not complete.
    `_size`        the bytes of data that held nothing but a part of a head; 0 after each head.
                   Never more than MAX_HEAD_BYTES while the connection is open.
    `_framing`     the bytes since the last head that are not paid for by a body. Never more than
                   MAX_HEAD_BYTES while a body is read.
    `_reading`     the deadline of the head or body that is awaited; None between requests,
                   when nothing is owed. There is never more than one.
    `_writing`     the deadline of a client that reads nothing; set exactly while uvicorn has
                   paused writing.
    `_running`     the request that the application works on; older than `cycle`, the newest
                   request, if the client sent several without waiting.
    `_ended`       True once nothing more is read: the answers in progress are the last.
    `_crowded`     True if the address has too many connections.
    ============== ==========================================================================
    """

    most: ClassVar[int] = 0  # connections of this process; 0 is without a limit
    telemetry: ClassVar[HttpTelemetry | None] = None  # counts refusals
    head: ClassVar[float] = 20.0
    body: ClassVar[float] = 60.0
    answer: ClassVar[float] = 60.0
    rest: ClassVar[float] = 5.0
    peers: ClassVar[Peers] = Peers(0, ())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heads = 0
        self._awaiting = True
        self._begun = False
        self._size = 0
        self._framing = 0
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._peer: Peer | None = None
        self._running: RequestResponseCycle | None = None
        self._ended = False
        self._crowded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.most > 0 and len(self.connections) > self.most + RESERVE_CONNECTIONS:
            transport.abort()
            return
        self._peer = self.peers.enter(self.client)
        self._crowded = self._peer.too_many
        if self._peer.far_too_many:
            transport.abort()
            return
        self._reading = self.loop.call_later(self.head, self._no_head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        # Data that begins in a body may end in the next head: its size says nothing of a head.
        heads, awaited = self._heads, self._awaiting
        self._framing += len(data)
        super().data_received(data)
        closing = self._ended or self.transport.is_closing()
        if closing or self.transport.get_protocol() is not self:
            return
        if not self._awaiting:
            if self._framing > MAX_HEAD_BYTES:
                self._refuse("too-large")
            elif self._reading is None:
                self._reading = self.loop.call_later(self.body, self.transport.abort)
            return
        only_head = awaited and heads == self._heads
        if only_head:
            self._size += len(data)
            if self._size > MAX_HEAD_BYTES:
                self._refuse("headers-too-large")
                return
        if self._reading is None and (self._begun or only_head):
            self._reading = self.loop.call_later(self.head, self._no_head)

    def on_message_begin(self) -> None:
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._heads += 1
        self._size = self._framing = 0
        self._awaiting = False
        self._stop_reading()
        if self._crowded:
            self._refuse("too-many-connections")
        elif self.parser.should_upgrade():
            super().on_headers_complete()
        else:
            self._begin()

    def _begin(self) -> None:
        """Begin an exchange as uvicorn does, of our own kind."""
        complete_scope(self.scope, self.parser, self.url)
        self.headers = []  # for trailers, which are no headers: nobody in front has checked them
        running = self.cycle
        self.cycle = Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if running is None or running.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        self._framing = max(0, self._framing - FRAMING_BYTES_PER_BYTE * len(body))
        if not self._crowded:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._awaiting, self._begun = True, False
        self._stop_reading()
        if not self._crowded:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._awaiting and not self.transport.is_closing():
            self._stop_reading()
            self._reading = self.loop.call_later(self.rest, self.transport.abort)

    def handle_websocket_upgrade(self) -> None:
        if self._crowded:
            return  # it is refused already
        if self._running is not None and not self._running.response_complete:
            self._refuse("malformed")  # the answer in progress would land in the socket
            return
        lines = [self.url, *(name + value for name, value in self.headers)]
        if len(lines) > MAX_SOCKET_HEADERS or max(map(len, lines)) > MAX_SOCKET_LINE:
            self._refuse("headers-too-large")
            return
        self._stop_timers()
        self._leave()  # the socket is counted from here on
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse("malformed")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self.loop.call_later(self.answer, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _leave(self) -> None:
        if self._peer is not None:
            self.peers.leave(self._peer)
            self._peer = None

    def _no_head(self) -> None:
        self._reading = None
        if self.cycle is not None and not self.cycle.response_complete:
            # The previous request is still in progress: that is our time, not the client's.
            self._reading = self.loop.call_later(self.head, self._no_head)
        else:
            self.transport.abort()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop_timers(self) -> None:
        self._stop_reading()
        self.stop_idle_timer()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self, name: str) -> None:
        """End the connection because of bytes that are no request.

        Requests that arrived whole before them are answered first, and the connection ends with
        the last of these answers: a refusal in their place would deny what they changed.
        """
        self._ended = True
        self._stop_reading()
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()  # the refused request; the application never saw it
        last = self.pipeline[0][0] if self.pipeline else self._running
        if last is None or last.response_complete:
            self._respond(name)
        elif not last.more_body:
            last.keep_alive = False
            self.flow.pause_reading()
        elif last.response_started:
            self.transport.abort()
        else:
            self._respond(name)

    def _respond(self, name: str) -> None:
        """Respond in place of the application, which acts on no request that is not whole."""
        kind = PROBLEM_TYPES[name]
        body = problem_document(kind, request_id=str(uuid7()))
        headers = [
            *SECURITY,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[kind.status] + lines + b"\r\n" + body)
        self.transport.close()
        if self.telemetry is not None:
            self.telemetry.connection_refused(kind.status)


def connection_of(most: int, telemetry: HttpTelemetry, peers: Peers) -> type[Connection]:
    """Return the connection class of a process that may have `most` connections."""
    members = {"most": most, "telemetry": telemetry, "peers": peers}
    return type("Connection", (Connection,), members)
