"""A mail server for development: accepts every mail, keeps the last ones, delivers none."""

import asyncio
import importlib.util
import itertools
import logging
import socket
import ssl
import threading
import weakref
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Self

from application.ports.startup import CannotStart
from domain.record import Record

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_MAILS_KEPT = 500


class ReceivedMail(Record):
    """A mail as it was received."""

    number: int  # counts from 1
    sender: str
    to: tuple[str, ...]
    source: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.source, policy=policy.default)

    def part(self, kind: str) -> str:
        """Return the text of its `plain` or `html` part; empty when it has none."""
        part = self.mail.get_body((kind,))
        return str(part.get_content()) if part else ""


class CatchingMailServer:
    """Listens on the loopback address inside a `with` block, in a thread of its own.

    Port 0 stands for any free port; `port` is the actual one. `tls` is implicit TLS; `options`
    are those of aiosmtpd's SMTP, and a subclass can add its hooks.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        kept: int = MAX_MAILS_KEPT,
        tls: ssl.SSLContext | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.port = port
        self._numbers = itertools.count(1)
        self._caught: deque[ReceivedMail] = deque(maxlen=kept)
        self._tls = tls
        self._options = options or {}
        self._sessions: weakref.WeakSet[SMTP] = weakref.WeakSet()

    def messages(self) -> list[ReceivedMail]:
        """Return the received mails, oldest first."""
        return list(self._caught)

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            CannotStart: the port is taken, or aiosmtpd is not installed.
        """
        if importlib.util.find_spec("aiosmtpd") is None:
            raise CannotStart("The mail catcher is not installed: install the extra `embedded`.")
        try:
            self._socket = socket.create_server(("127.0.0.1", self.port))
        except OSError as error:
            raise CannotStart(
                f"Port {self.port} cannot be used for mail ({error.strerror})."
            ) from error
        self.port = self._socket.getsockname()[1]
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it logs every line of a session
        self._loop = asyncio.new_event_loop()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.wait(5)  # the loop cannot be stopped before it runs
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def drop_connections(self) -> None:
        """Abort every connection, as a restart of the server does; return when it is done."""

        async def drop() -> None:
            self._abort()
            await asyncio.sleep(0)  # the loop closes the sockets in its next round

        asyncio.run_coroutine_threadsafe(drop(), self._loop).result()

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd looks for
        self, server: "SMTP", session: "Session", envelope: "Envelope"
    ) -> str:
        self._caught.append(
            ReceivedMail(
                number=next(self._numbers),
                sender=envelope.mail_from or "",
                to=tuple(map(str, envelope.rcpt_tos)),
                source=envelope.original_content or b"",
            )
        )
        return "250 Caught"

    def _run(self) -> None:
        from aiosmtpd.smtp import SMTP

        def answer() -> SMTP:
            session = SMTP(self, hostname="localhost", loop=self._loop, **self._options)
            self._sessions.add(session)
            return session

        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(answer, sock=self._socket, ssl=self._tls)
        )
        self._loop.call_soon(self._serving.set)
        self._loop.run_forever()
        server.close()
        self._abort()
        self._loop.run_until_complete(_cancel_all())
        self._loop.close()

    def _abort(self) -> None:
        for session in list(self._sessions):
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()


async def _cancel_all() -> None:
    """Cancel all other tasks, and wait until they have ended."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
