"""An HTTP request and its response over an open socket, bounded in time and size."""

import contextlib
import socket
import time
from collections.abc import Mapping

import h11
from msgspec.structs import replace

from domain.record import Record
from infrastructure.channels.destination import Destination

MAX_READ_BYTES = 64 * 1024  # bytes read of the head, and of a body that nobody wants


class HttpRequest(Record):
    """A request. `wanted_bytes`: the size of the longest body of a response that is kept; 0: the
    body is discarded."""

    method: str
    body: bytes = b""
    headers: Mapping[str, str] = {}
    wanted_bytes: int = 0


class HttpResponse(Record):
    """A response. Its body is empty where the request wanted none."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes = b""


class TooLarge(Exception):
    """The body of a response is longer than the request wanted."""


class Deadline:
    """The end of a whole request; the timeout of a socket is for the next bytes only."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, always more than 0.

        Raises:
            TimeoutError: the time is up.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def exchange(
    connection: socket.socket, destination: Destination, request: HttpRequest, deadline: Deadline
) -> HttpResponse:
    """Send the request and return the response.

    Raises:
        OSError: the connection failed, or the time is up (TimeoutError).
        h11.RemoteProtocolError: the response is not HTTP.
        TooLarge: the body is longer than the request wanted.
    """
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_READ_BYTES)
    sized = [("Content-Length", str(len(request.body)))] if request.method != "GET" else []
    head = h11.Request(
        method=request.method,
        target=destination.target,
        headers=[
            ("Host", destination.authority),
            ("User-Agent", "Annals"),
            ("Connection", "close"),
            *sized,
            *request.headers.items(),
        ],
    )
    body = [h11.Data(data=request.body)] if request.body else []
    parts = (head, *body, h11.EndOfMessage())
    connection.settimeout(deadline.left())
    connection.sendall(b"".join(http.send(part) or b"" for part in parts))
    response = _read_head(connection, http, deadline)
    if request.wanted_bytes:
        body_read = _read_body(connection, http, deadline, request.wanted_bytes)
        return replace(response, body=body_read)
    with contextlib.suppress(OSError, h11.RemoteProtocolError):
        _drain(connection, http, deadline)
    return response


def _read_head(connection: socket.socket, http: h11.Connection, deadline: Deadline) -> HttpResponse:
    while True:
        event = http.next_event()
        if isinstance(event, h11.Response):
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            return HttpResponse(status=event.status_code, headers=headers)
        if event is h11.NEED_DATA:
            _receive(connection, http, deadline)


def _read_body(
    connection: socket.socket, http: h11.Connection, deadline: Deadline, most: int
) -> bytes:
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            _receive(connection, http, deadline)
        elif not isinstance(event, h11.Data):
            return bytes(body)
        else:
            body += event.data
            if len(body) > most:
                raise TooLarge


def _drain(connection: socket.socket, http: h11.Connection, deadline: Deadline) -> None:
    """Read and discard the body, within bounds: only the status matters."""
    read = 0
    while read < MAX_READ_BYTES:
        event = http.next_event()
        if event is h11.NEED_DATA:
            read += _receive(connection, http, deadline)
        elif not isinstance(event, h11.Data):
            return


def _receive(connection: socket.socket, http: h11.Connection, deadline: Deadline) -> int:
    connection.settimeout(deadline.left())
    data = connection.recv(MAX_READ_BYTES)
    http.receive_data(data)
    return len(data)
