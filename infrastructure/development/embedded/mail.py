"""A mail server for development: takes every mail, keeps the last ones, passes none on."""

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

MAX_MAILS_KEPT = 500  # mails


class ReceivedMail(Record):
    """A mail as it came in."""

    number: int  # counts from 1
    sender: str
    to: tuple[str, ...]
    source: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.source, policy=policy.default)

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part; nothing when it has none."""
        part = self.mail.get_body((kind,))
        return str(part.get_content()) if part else ""


class CatchingMailServer:
    """Listens on the loopback address inside a `with` block, in a thread of its own.

    Port 0 is any free one; `port` says which it became. `tls` from the first byte on; `options`
    are those of aiosmtpd's SMTP, and its hooks can be added by inheriting.
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
        self._lines: weakref.WeakSet[SMTP] = weakref.WeakSet()

    def messages(self) -> list[ReceivedMail]:
        """What has come in, oldest first."""
        return list(self._caught)

    def __enter__(self) -> Self:
        """Raises CannotStart: the port is taken, or the library is not here."""
        if importlib.util.find_spec("aiosmtpd") is None:
            raise CannotStart("There is no mail server here: install the extra `embedded`.")
        try:
            self._socket = socket.create_server(("127.0.0.1", self.port))
        except OSError as error:
            raise CannotStart(
                f"Port {self.port} cannot be used for mail ({error.strerror})."
            ) from error
        self.port = self._socket.getsockname()[1]
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would tell every word
        self._loop = asyncio.new_event_loop()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.wait(5)  # who is still about to begin cannot end well
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def drop_lines(self) -> None:
        """Break every connection, as a server does that is restarted; return when it is done."""

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
            line = SMTP(self, hostname="localhost", loop=self._loop, **self._options)
            self._lines.add(line)
            return line

        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(answer, sock=self._socket, ssl=self._tls)
        )
        self._loop.call_soon(self._serving.set)
        self._loop.run_forever()
        server.close()
        self._abort()
        self._loop.run_until_complete(_settled())
        self._loop.close()

    def _abort(self) -> None:
        for line in list(self._lines):
            if isinstance(line.transport, asyncio.WriteTransport):
                line.transport.abort()


async def _settled() -> None:
    """Let whatever was in the middle of something hear that it is over."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
