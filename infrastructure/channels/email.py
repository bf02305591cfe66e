"""Mail, handed to an SMTP server over connections that are kept."""

import contextlib
import smtplib
import ssl
import time
from collections import deque
from email.headerregistry import Address
from typing import ClassVar, Literal

from application.channels import Delivery, DeliveryFailed
from domain.record import Record
from infrastructure.channels.email_message import email_message, mailbox

MAX_MAILS_PER_CONNECTION = 100  # over one connection: many servers end it then
IDLE_CHECK_SECONDS = 5.0  # seconds of silence after which we ask whether a connection still stands

Tls = Literal["none", "starttls", "tls"]


class SmtpServer(Record):
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    tls: Tls = "starttls"  # tls: from the first byte on
    username: str | None = None
    password: str | None = None
    timeout: float = 10.0  # seconds for each step of the conversation


class EmailChannel:
    """Sends letters from `sender`. Threads share the idle connections, never a busy one.

    Permanent failures are those the server says of the mail: 5xx to sender, recipient or content.
    When it refuses us (login, TLS) or is away, the mail can wait until someone has seen to that.
    """

    name: ClassVar[str] = "email"

    def __init__(
        self, server: SmtpServer, *, sender: Address, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._tls = tls or ssl.create_default_context()
        self._idle: deque[_SmtpConnection] = deque()

    def deliver(self, delivery: Delivery) -> None:
        to = mailbox(delivery.address)
        mail = email_message(delivery, sender=self._sender, to=to).as_bytes()
        line = self._smtp_connection()
        try:
            line.send(self._sender.addr_spec, to.addr_spec, mail)
        except DeliveryFailed:
            self._keep(line) if line.reset() else line.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            line.close()
            raise _away(error) from error
        self._keep(line)

    def close(self) -> None:
        """End the idle connections."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _smtp_connection(self) -> "_SmtpConnection":
        """The connection used last that still stands, or a new one."""
        with contextlib.suppress(IndexError):
            while True:
                line = self._idle.pop()
                if line.stands():
                    return line
                line.close()
        try:
            return _SmtpConnection(self._connect())
        except (smtplib.SMTPException, OSError) as error:
            raise _away(error) from error

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        # We greet with the sender's domain: smtplib would ask the DNS for our own name.
        name = self._sender.domain
        smtp: smtplib.SMTP
        if server.tls == "tls":
            smtp = smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=server.timeout, context=self._tls
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, name, timeout=server.timeout)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=self._tls)
            if server.username:
                smtp.login(server.username, server.password or "")
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _keep(self, line: "_SmtpConnection") -> None:
        if line.sent < MAX_MAILS_PER_CONNECTION:
            self._idle.append(line)
        else:
            line.close()


class _SmtpConnection:
    """One connection to the server."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._used_at = time.monotonic()
        self.sent = 0

    def stands(self) -> bool:
        if time.monotonic() - self._used_at < IDLE_CHECK_SECONDS:
            return True
        try:
            return self._smtp.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def send(self, sender: str, to: str, mail: bytes) -> None:
        """Raises DeliveryFailed when the server refuses the mail, else what smtplib raises."""
        self._used_at = time.monotonic()
        self.sent += 1
        _taken(self._smtp.mail(sender))
        _taken(self._smtp.rcpt(to))
        try:
            _taken(self._smtp.data(mail))
        except smtplib.SMTPDataError as error:
            _taken((error.smtp_code, error.smtp_error))

    def reset(self) -> bool:
        """Forget a mail that was refused; whether the connection is good for another."""
        try:
            return self._smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()


# The server wants a login or another one: our fault, not the mail's.
_OUR_FAULT = {530, 534, 535, 538}


def _taken(reply: tuple[int, bytes | str]) -> None:
    code, text = reply
    if 200 <= code < 300:
        return
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    raise DeliveryFailed(
        f"The mail server answered {code} {' '.join(said.split())[:200]}",
        permanent=500 <= code < 600 and code not in _OUR_FAULT,
    )


def _away(error: Exception) -> DeliveryFailed:
    if isinstance(error, smtplib.SMTPResponseException):
        why = f"answered {error.smtp_code}"
    elif isinstance(error.__context__ or error, TimeoutError):  # smtplib calls it a disconnection
        why = "did not answer in time"
    else:
        why = "cannot be reached"
    return DeliveryFailed(f"The mail server {why}.", permanent=False)
