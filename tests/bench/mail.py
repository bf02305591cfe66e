"""Handing mail to an SMTP server from two processes, with connections kept and with none kept."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

from msgspec.structs import replace

from infrastructure.channels.email import EmailChannel, SmtpServer
from infrastructure.channels.email_message import sender_of
from infrastructure.development.embedded.folder import kept_port
from tests.bench.figures import Figure
from tests.support.processes.dev_process import ANNALS, ROOT, environment
from tests.support.servers.databases import scratch
from tests.unit.channels.deliveries import REMINDER

PROCESSES, THREADS, MAILS = 2, 4, 600  # mails of each process


def run() -> list[Figure]:
    with mail_server() as port:
        return [
            Figure(
                what=f"email through a local SMTP server, {PROCESSES} processes",
                value=_rate(port, keep=True),
                unit="/s",
                baseline=_rate(port, keep=False),
                note="baseline: a connection for each mail; at least 200/s is asked for",
            )
        ]


@contextmanager
def mail_server() -> Iterator[int]:
    with scratch() as folder:
        smtp, http = kept_port(folder / "smtp"), kept_port(folder / "http")
    server = subprocess.Popen(
        [*ANNALS, "mail", "--smtp-port", str(smtp), "--http-port", str(http)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        server.stdout.readline()
        yield smtp
    finally:
        server.terminate()
        server.wait(timeout=10)


def _rate(port: int, *, keep: bool) -> float:
    """Mails a second by all processes together, the start of the interpreters left out."""
    senders = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.mail", str(port), "keep" if keep else "drop"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for sender in senders:
        assert sender.stdout
        sender.stdout.readline()
    begun = time.monotonic()
    for sender in senders:
        sender.communicate("go\n", timeout=120)
    assert all(sender.returncode == 0 for sender in senders)
    return PROCESSES * MAILS / (time.monotonic() - begun)


def send(port: int, *, keep: bool) -> None:
    """What one process does: say that it is ready, wait for the word, deliver."""
    server = SmtpServer(host="127.0.0.1", port=port, tls="none")
    channel = EmailChannel(server, sender=sender_of("annals@annals.example"))
    print("ready", flush=True)
    sys.stdin.readline()

    def deliver(_: int) -> None:
        channel.deliver(replace(REMINDER, notification_id=uuid4()))
        if not keep:
            channel.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(deliver, range(MAILS)))


if __name__ == "__main__":
    send(int(sys.argv[1]), keep=sys.argv[2] == "keep")
