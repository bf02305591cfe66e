"""Accepts connections at a socket that several processes share, so that each has its share."""

import asyncio
import errno
import socket
from collections.abc import Callable

import structlog

BACKLOG = 2048
MAX_WAIT_SECONDS = 0.005  # seconds that a new connection waits for a less busy process
RETRY_SECONDS = 1.0  # seconds until there may be descriptors again

log = structlog.get_logger()


class SharedSocket:
    """Waits the longer the more connections this process has: the least busy process accepts.

    The kernel wakes every listening process, and the first gets all waiting connections: of 32
    opened at once, one process had all and the other none.
    """

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        connected: Callable[[], int],
    ) -> None:
        """`connected` returns how many connections are open in this process."""
        listening.setblocking(False)
        self._listening = listening
        self._protocol = protocol
        self._connected = connected
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.TimerHandle | None = None
        self._welcomes: set[asyncio.Task[object]] = set()

    def open(self) -> None:
        """Accept connections until closed."""
        self._listening.listen(BACKLOG)
        self._wait()

    def close(self) -> None:
        """Accept no more; those that wait are for the other processes."""
        self._loop.remove_reader(self._listening)
        if self._next:
            self._next.cancel()
        self._listening.close()

    def _wait(self) -> None:
        self._loop.add_reader(self._listening, self._hesitate)

    def _hesitate(self) -> None:
        self._loop.remove_reader(self._listening)
        already = self._connected()
        seconds = min(0.001 + already * 0.00005, MAX_WAIT_SECONDS) if already else 0.0
        self._next = self._loop.call_later(seconds, self._take)

    def _take(self) -> None:
        # One by one while there are few; but a thousand clients that reconnect are accepted soon.
        for _ in range(1 + self._connected() // 16):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                break  # another process accepted it, or the client has left
            except OSError as error:
                log.warning("accept_failed", error=errno.errorcode.get(error.errno or 0))
                self._next = self._loop.call_later(RETRY_SECONDS, self._wait)
                return
            connection.setblocking(False)
            welcome = self._loop.create_task(
                self._loop.connect_accepted_socket(self._protocol, connection)
            )
            self._welcomes.add(welcome)
            welcome.add_done_callback(self._welcomes.discard)
        self._wait()
