"""One HTTP request over an open line, bounded in time and size."""

import contextlib
import socket
import time
from collections.abc import Mapping

import h11

from domain.record import Record
from infrastructure.channels.destination import Destination

MAX_READ_BYTES = 64 * 1024  # bytes of a head, and of the body after it


class HttpAnswer(Record):
    """What a receiver said, without the body: that is read, within bounds, and forgotten."""

    status: int
    headers: dict[str, str]  # names in lower case


class Deadline:
    """A moment for a whole request, where a socket's timeout is only for the next few bytes."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, always some; TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def post(
    line: socket.socket,
    destination: Destination,
    body: bytes,
    headers: Mapping[str, str],
    deadline: Deadline,
) -> HttpAnswer:
    """Ask and be answered. Raises OSError (TimeoutError among them) or h11.RemoteProtocolError."""
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
    line.settimeout(deadline.left())
    line.sendall(b"".join(http.send(part) or b"" for part in parts))
    answer = _head(line, http, deadline)
    with contextlib.suppress(OSError, h11.RemoteProtocolError):
        _hear_out(line, http, deadline)
    return answer


def _head(line: socket.socket, http: h11.Connection, deadline: Deadline) -> HttpAnswer:
    while True:
        event = http.next_event()
        if isinstance(event, h11.Response):
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            return HttpAnswer(status=event.status_code, headers=headers)
        if event is h11.NEED_DATA:
            _receive(line, http, deadline)


def _hear_out(line: socket.socket, http: h11.Connection, deadline: Deadline) -> None:
    """Let the receiver finish, within bounds. What matters has been said with the status."""
    read = 0
    while read < MAX_READ_BYTES:
        event = http.next_event()
        if event is h11.NEED_DATA:
            read += _receive(line, http, deadline)
        elif not isinstance(event, h11.Data):
            return


def _receive(line: socket.socket, http: h11.Connection, deadline: Deadline) -> int:
    line.settimeout(deadline.left())
    data = line.recv(MAX_READ_BYTES)
    http.receive_data(data)
    return len(data)
