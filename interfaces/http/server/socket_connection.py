"""The WebSocket protocol of uvicorn, with a limit on what a client may send."""

from asyncio.transports import BaseTransport
from typing import Any, ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from interfaces.http.server.peers import Peer, Peers

INVALID_DATA, POLICY_VIOLATION = 1007, 1008
LINGER_SECONDS = 1.0  # seconds in which the client can read why it was disconnected


class SocketConnection(WebSocketsSansIOProtocol):
    """Closes a connection on which more frames arrive than `rate` a second, beyond a `burst`.

    All frames count, pings of the protocol too: each costs a parse and most cost an answer. A
    frame of more than `unit` bytes counts as several. A refused handshake is a complete answer:
    uvicorn would log an error for each that is refused with a response.
    """

    rate: ClassVar[float] = 20.0
    burst: ClassVar[float] = 200.0
    unit: ClassVar[int] = 4096
    peers: ClassVar[Peers] = Peers(0, ())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left = self.burst
        self._counted_at = self.loop.time()
        self._greedy = False
        self._peer: Peer | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._peer = self.peers.enter(self.client)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._peer is not None:
            self.peers.leave(self._peer)
            self._peer = None

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated and not self.handshake_complete:
            self.transport.abort()  # no client may send a frame before it has our answer
        elif not self._greedy:
            super().data_received(data)

    def send_receive_event_to_app(self) -> None:
        """Close the connection if a text is not UTF-8; uvicorn would log an error for each."""
        text = self.curr_msg_data_type == "text" and not self.close_sent
        if text and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(INVALID_DATA)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def handle_events(self) -> None:
        now = self.loop.time()
        self._left = min(self.burst, self._left + (now - self._counted_at) * self.rate)
        self._counted_at = now
        for event in self.conn.events:
            if isinstance(event, Frame):
                self._left -= 1 + len(event.data) // self.unit
        if self._left < 0 and self.handshake_complete and not self.close_sent:
            self._disconnect(f"More than {self.rate:g} messages a second.")
            return
        super().handle_events()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    def _disconnect(self, reason: str) -> None:
        self._greedy = True
        self.stop_keepalive()
        self.conn.events.clear()
        self.conn.send_close(POLICY_VIOLATION, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self.disconnected = True
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": POLICY_VIOLATION, "reason": reason}
        )
        # What still arrives is read and thrown away: to close at once could lose our last frame.
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def socket_connection_of(peers: Peers) -> type[SocketConnection]:
    """Return the socket class of a process that counts its connections in `peers`."""
    return type("SocketConnection", (SocketConnection,), {"peers": peers})
