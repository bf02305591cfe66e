"""An HTTP POST over an open socket, bounded in time and size."""

import contextlib
import socket
import time
from collections.abc import Mapping

import h11

from domain.record import Record
from infrastructure.channels.destination import Destination

MAX_READ_BYTES = 64 * 1024  # bytes read of the head, and of the body


class HttpResponse(Record):
    """The status and headers of a response; its body is discarded."""

    status: int
    headers: dict[str, str]  # names in lower case


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


def post(
    connection: socket.socket,
    destination: Destination,
    body: bytes,
    headers: Mapping[str, str],
    deadline: Deadline,
) -> HttpResponse:
    """Send the request and return the response.

    Raises:
        OSError: the connection failed, or the time is up (TimeoutError).
        h11.RemoteProtocolError: the response is not HTTP.
    """
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_READ_BYTES)
    head = h11.Request(
        method="POST",
        target=destination.target,
        headers=[
            ("Host", destination.authority),
            ("User-Agent", "Annals"),
            ("Connection", "close"),
            ("Content-Length", str(len(body))),
            *headers.items(),
        ],
    )
    parts = (head, h11.Data(data=body), h11.EndOfMessage())
    connection.settimeout(deadline.left())
    connection.sendall(b"".join(http.send(part) or b"" for part in parts))
    response = _read_head(connection, http, deadline)
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
