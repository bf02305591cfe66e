"""Mail over a real SMTP server: what it refuses, how it fails, and connections that are kept."""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from msgspec.structs import replace

from application.channels import DeliveryFailed
from infrastructure.channels import email as email_channel
from infrastructure.channels.email import EmailChannel, SmtpServer
from infrastructure.channels.email import Tls as TlsMode
from infrastructure.channels.email_message import sender_of
from infrastructure.development.embedded.mail import CatchingMailServer
from tests.support.servers.channel_servers import Tls, make_tls, raw_server
from tests.unit.channels.deliveries import REMINDER, reminder

SENDER = sender_of("Annals <annals@annals.example>")


class Server(CatchingMailServer):
    """Counts its connections, and answers some recipients in its own way."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.connections = 0
        self.answers: dict[str, str] = {}  # by recipient
        self.answer_to_data: str | None = None
        self.answer_to_sender: str | None = None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return said

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer_to_sender:
            return self.answer_to_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer_to_data:
            return self.answer_to_data
        return await super().handle_DATA(server, session, envelope)

    def channel(self, **how: Any) -> EmailChannel:
        address: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "tls": "none"}
        return EmailChannel(SmtpServer(**address | how), sender=SENDER)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def channel(server: Server) -> Iterator[EmailChannel]:
    channel = server.channel()
    yield channel
    channel.close()


def refused(channel: EmailChannel, **changes: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as refusal:
        channel.deliver(reminder(**changes))
    return refusal.value


def test_a_mail_arrives_as_it_was_written(server: Server, channel: EmailChannel) -> None:
    channel.deliver(reminder(title="Blumen gießen"))
    (caught,) = server.messages()
    assert (caught.sender, caught.to) == ("annals@annals.example", ("ada@example.org",))
    assert caught.mail["Subject"] == "Reminder: Blumen gießen"
    assert "“Blumen gießen” is due" in caught.part("plain")
    assert "“Blumen gießen” is due" in caught.part("html")


def test_a_repetition_is_known_by_its_message_id(server: Server, channel: EmailChannel) -> None:
    for _ in range(2):
        channel.deliver(REMINDER)
    assert {caught.mail["Message-ID"] for caught in server.messages()} == {
        f"<{REMINDER.notification_id}@annals.example>"
    }


def test_lines_that_begin_with_a_dot_arrive(server: Server, channel: EmailChannel) -> None:
    channel.deliver(reminder(kind="notice", title=".\u00a0."))
    assert server.messages()[0].part("plain").startswith(".\u00a0.")


def test_a_recipient_unknown_for_good_is_not_tried_again(
    server: Server, channel: EmailChannel
) -> None:
    server.answers["nobody@example.org"] = "550 5.1.1 No such user here"
    failed = refused(channel, address="nobody@example.org")
    assert failed.permanent
    assert failed.reason == "The mail server answered 550 5.1.1 No such user here"


def test_a_full_mailbox_may_be_emptied(server: Server, channel: EmailChannel) -> None:
    server.answers["full@example.org"] = "451 4.2.2 Try again later"
    assert not refused(channel, address="full@example.org").permanent


def test_one_refused_recipient_stops_nobody_else(server: Server, channel: EmailChannel) -> None:
    server.answers = {"nobody@example.org": "550 No", "full@example.org": "451 Later"}
    refused(channel, address="nobody@example.org")
    channel.deliver(REMINDER)
    refused(channel, address="full@example.org")
    channel.deliver(REMINDER)
    assert [caught.to for caught in server.messages()] == [("ada@example.org",)] * 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("554 Looks like spam", True), ("552 Too big", True), ("452 No space", False)],
)
def test_content_is_refused_for_good_or_for_now(
    server: Server, channel: EmailChannel, answer: str, permanent: bool
) -> None:
    server.answer_to_data = answer
    assert refused(channel).permanent is permanent


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("550 Not you", True), ("451 Not now", False), ("530 Authentication required", False)],
)
def test_a_login_that_is_missing_is_not_the_mails_fault(
    server: Server, channel: EmailChannel, answer: str, permanent: bool
) -> None:
    server.answer_to_sender = answer
    assert refused(channel).permanent is permanent


def test_an_address_that_is_none_never_reaches_the_server(
    server: Server, channel: EmailChannel
) -> None:
    for address in ("ada@example.org\r\nRCPT TO:<eve@example.org>", "jürgen@example.org", "ada"):
        assert refused(channel, address=address).permanent
    assert server.connections == 0


def test_a_title_with_a_line_break_never_reaches_the_server(
    server: Server, channel: EmailChannel
) -> None:
    assert refused(channel, title="Hello\r\nBcc: eve@example.org").permanent
    assert server.connections == 0


def test_an_international_domain_is_written_to(server: Server, channel: EmailChannel) -> None:
    channel.deliver(reminder(address="ada@bücher.example"))
    assert server.messages()[0].to == ("ada@xn--bcher-kva.example",)


def test_a_connection_is_kept(server: Server, channel: EmailChannel) -> None:
    for _ in range(20):
        channel.deliver(REMINDER)
    assert (len(server.messages()), server.connections) == (20, 1)


def test_threads_never_share_a_busy_connection(server: Server, channel: EmailChannel) -> None:
    addresses = [f"ada{number}@example.org" for number in range(80)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda address: channel.deliver(reminder(address=address)), addresses))
    assert sorted(caught.to[0] for caught in server.messages()) == sorted(addresses)
    assert server.connections <= 4


def test_a_connection_is_not_kept_for_ever(
    server: Server, channel: EmailChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_channel, "MAX_MAILS_PER_CONNECTION", 3)
    for _ in range(7):
        channel.deliver(REMINDER)
    assert server.connections == 3


def test_a_connection_that_died_while_idle_is_replaced(
    server: Server, channel: EmailChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_channel, "IDLE_CHECK_SECONDS", 0.0)
    channel.deliver(REMINDER)
    server.drop_connections()
    channel.deliver(REMINDER)
    assert (len(server.messages()), server.connections) == (2, 2)


def test_a_connection_that_dies_in_use_costs_one_try(server: Server, channel: EmailChannel) -> None:
    channel.deliver(REMINDER)
    server.drop_connections()
    assert not refused(channel).permanent
    channel.deliver(REMINDER)
    assert len(server.messages()) == 2


def test_a_server_that_is_away_costs_time_only() -> None:
    with Server() as server:
        channel = server.channel()
    failed = refused(channel)
    assert (failed.permanent, failed.reason) == (False, "The mail server cannot be reached.")
    with Server(port=server.port) as server:
        channel.deliver(REMINDER)
        assert len(server.messages()) == 1
    channel.close()


def turn_a_deaf_ear(line: socket.socket) -> None:
    line.recv(1)  # until the other side leaves


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with raw_server(turn_a_deaf_ear) as port:
        server = SmtpServer(host="127.0.0.1", port=port, tls="none", timeout=0.3)
        failed = refused(EmailChannel(server, sender=SENDER))
    assert (failed.permanent, failed.reason) == (False, "The mail server did not answer in time.")


def test_a_server_that_turns_us_away_may_take_us_later() -> None:
    def turn_away(line: socket.socket) -> None:
        line.sendall(b"554 No service for you\r\n")
        line.recv(100)

    with raw_server(turn_away) as port:
        server = SmtpServer(host="127.0.0.1", port=port, tls="none")
        failed = refused(EmailChannel(server, sender=SENDER))
    assert (failed.permanent, failed.reason) == (False, "The mail server answered 554.")


@pytest.fixture(scope="module")
def tls() -> Tls:
    return make_tls()


def entry(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    known = (data.login, data.password) == (b"annals", b"hush")
    return AuthResult(success=known, handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_mail_goes_out_encrypted_and_logged_in(tls: Tls, mode: TlsMode) -> None:
    options: dict[str, Any] = {"authenticator": entry, "auth_required": True}
    if mode == "starttls":
        options |= {"tls_context": tls.server, "require_starttls": True}
    else:
        options |= {"auth_require_tls": False}  # it does not see that TLS is there already
    with Server(tls=tls.server if mode == "tls" else None, options=options) as server:
        known = SmtpServer(
            host="127.0.0.1",
            port=server.port,
            tls=mode,
            username="annals",
            password="hush",
        )
        EmailChannel(known, sender=SENDER, tls=tls.client).deliver(REMINDER)
        assert len(server.messages()) == 1

        stranger = EmailChannel(replace(known, password="no"), sender=SENDER, tls=tls.client)
        failed = refused(stranger)
        assert (failed.permanent, failed.reason) == (False, "The mail server answered 535.")

        suspicious = EmailChannel(known, sender=SENDER, tls=ssl.create_default_context())
        assert not refused(suspicious).permanent
        assert len(server.messages()) == 1


def test_without_starttls_nothing_is_sent_in_the_clear(server: Server) -> None:
    assert not refused(server.channel(tls="starttls", username="annals", password="hush")).permanent
    assert server.messages() == []
