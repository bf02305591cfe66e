"""Caught mail can be looked at, and cannot do anything to whoever looks."""

import signal
import smtplib
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from application.ports.startup import CannotStart
from infrastructure.development.embedded.folder import kept_port
from infrastructure.development.embedded.mail import CatchingMailServer
from infrastructure.development.embedded.mail_pages import mail_pages
from tests.support.processes.dev_process import ANNALS, environment
from tests.support.servers.databases import scratch


@pytest.fixture
def server() -> Iterator[CatchingMailServer]:
    with CatchingMailServer(kept=3) as server:
        yield server


@pytest.fixture
def pages(server: CatchingMailServer) -> Iterator[httpx.Client]:
    with mail_pages(server) as address, httpx.Client(base_url=address) as client:
        yield client


def send(port: int, *, subject: str = "Hello", html: str = "<b>Hello</b>") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "annals@example.org", "ada@example.org", subject
    mail.set_content("Hello in text")
    mail.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(mail)


def test_an_empty_box_says_so(pages: httpx.Client) -> None:
    assert "No mail yet" in pages.get("").text


def test_a_mail_is_listed_and_shown_as_text_and_as_html(
    server: CatchingMailServer, pages: httpx.Client
) -> None:
    send(server.port, subject="Water the plants")
    assert 'href="/dev/mail/1">Water the plants</a>' in pages.get("").text
    page = pages.get("/1").text
    assert "Hello in text" in page
    assert '<iframe sandbox src="/dev/mail/1/html"' in page
    assert pages.get("/1/html").text.strip() == "<b>Hello</b>"


def test_a_mail_runs_no_script(server: CatchingMailServer, pages: httpx.Client) -> None:
    send(server.port, subject="<script>alert(1)</script>", html="<script>alert(2)</script>")
    for page in (pages.get("").text, pages.get("/1").text):
        assert "<script" not in page
    policy = pages.get("/1/html").headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")


def test_only_the_last_mails_are_kept(server: CatchingMailServer, pages: httpx.Client) -> None:
    for number in range(1, 6):
        send(server.port, subject=f"Mail {number}")
    assert [caught.number for caught in server.messages()] == [3, 4, 5]
    assert pages.get("/2").status_code == 404
    assert pages.get("/5").status_code == 200


@pytest.mark.parametrize("path", ["/0", "/one", "/1/2", "/../../etc/passwd"])
def test_what_is_not_there_is_not_found(pages: httpx.Client, path: str) -> None:
    assert pages.get(path).status_code == 404


def test_a_port_that_is_taken_is_said_in_one_sentence(server: CatchingMailServer) -> None:
    with (
        pytest.raises(CannotStart, match=f"Port {server.port} cannot"),
        CatchingMailServer(server.port),
    ):
        pass
    with (
        pytest.raises(CannotStart, match=f"Port {server.port} cannot"),
        mail_pages(server, server.port),
    ):
        pass


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_verb_runs_until_it_is_told_to_stop(told: signal.Signals) -> None:
    with scratch() as folder:
        smtp, http = kept_port(folder / "smtp"), kept_port(folder / "http")
    verb = subprocess.Popen(
        [*ANNALS, "mail", "--smtp-port", str(smtp), "--http-port", str(http)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert verb.stdout
    assert verb.stdout.readline().endswith(f"http://127.0.0.1:{http}/dev/mail\n")
    send(smtp)
    assert "Hello" in httpx.get(f"http://127.0.0.1:{http}/dev/mail").text
    verb.send_signal(told)
    assert verb.wait(timeout=60) == 0
