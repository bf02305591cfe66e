"""The e-mail channel: sends mail over pooled connections to an SMTP server."""

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

MAX_MAILS_PER_CONNECTION = 100  # many servers close a connection after that
IDLE_CHECK_SECONDS = 5.0  # seconds of silence after which a connection is checked before use

Tls = Literal["none", "starttls", "tls"]


class SmtpServer(Record):
    """The SMTP server and its credentials."""

    host: str
    port: int
    tls: Tls = "starttls"  # tls: implicit TLS; starttls: upgrade after connecting
    username: str | None = None
    password: str | None = None
    timeout: float = 10.0  # seconds per SMTP command


class EmailChannel:
    """Sends mail from `sender`. Threads share the idle connections, but never use one together.

    A failure is permanent if the server refuses the mail itself: 5xx to its sender, recipient or
    content. If the login or TLS fails or the server is away, the mail is sent later.
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
        connection = self._connection()
        try:
            connection.send(self._sender.addr_spec, to.addr_spec, mail)
        except DeliveryFailed:
            self._release(connection) if connection.reset() else connection.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise _unavailable(error) from error
        self._release(connection)

    def close(self) -> None:
        """Close the idle connections."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _connection(self) -> "_SmtpConnection":
        """Return the connection used last that is still open, or a new one."""
        with contextlib.suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if connection.is_open():
                    return connection
                connection.close()
        try:
            return _SmtpConnection(self._connect())
        except (smtplib.SMTPException, OSError) as error:
            raise _unavailable(error) from error

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        # EHLO uses the sender's domain: smtplib would look up the name of this host.
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

    def _release(self, connection: "_SmtpConnection") -> None:
        if connection.sent < MAX_MAILS_PER_CONNECTION:
            self._idle.append(connection)
        else:
            connection.close()


class _SmtpConnection:
    """A connection to the server, and the number of mails sent over it."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._used_at = time.monotonic()
        self.sent = 0

    def is_open(self) -> bool:
        if time.monotonic() - self._used_at < IDLE_CHECK_SECONDS:
            return True
        try:
            return self._smtp.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def send(self, sender: str, to: str, mail: bytes) -> None:
        """Send a mail.

        Raises:
            DeliveryFailed: the server refused the mail.
            smtplib.SMTPException, OSError: the connection failed.
        """
        self._used_at = time.monotonic()
        self.sent += 1
        _require_accepted(self._smtp.mail(sender))
        _require_accepted(self._smtp.rcpt(to))
        try:
            _require_accepted(self._smtp.data(mail))
        except smtplib.SMTPDataError as error:
            _require_accepted((error.smtp_code, error.smtp_error))

    def reset(self) -> bool:
        """Abort a refused mail; return whether the connection can be used again."""
        try:
            return self._smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()


# The server wants other credentials: a matter of configuration, not of the mail.
_AUTHENTICATION_CODES = {530, 534, 535, 538}


def _require_accepted(reply: tuple[int, bytes | str]) -> None:
    code, text = reply
    if 200 <= code < 300:
        return
    message = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    raise DeliveryFailed(
        f"The mail server answered {code} {' '.join(message.split())[:200]}",
        permanent=500 <= code < 600 and code not in _AUTHENTICATION_CODES,
    )


def _unavailable(error: Exception) -> DeliveryFailed:
    if isinstance(error, smtplib.SMTPResponseException):
        why = f"answered {error.smtp_code}"
    elif isinstance(error.__context__ or error, TimeoutError):  # smtplib reports a disconnection
        why = "did not answer in time"
    else:
        why = "cannot be reached"
    return DeliveryFailed(f"The mail server {why}.", permanent=False)
