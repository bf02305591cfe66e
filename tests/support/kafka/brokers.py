"""Brokers that tests start, kill and start again, whoever made them."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from confluent_kafka.admin import AdminClient

from infrastructure.development.embedded.kafka import EmbeddedKafka
from infrastructure.development.embedded.program import Program
from infrastructure.relaying.producer import CLIENT_LOG
from tests.support.kafka import apache
from tests.support.servers.databases import scratch

EMBEDDED, APACHE = "embedded", f"apache-{apache.VERSION}"
# Which brokers this machine can run.
BROKERS = (EMBEDDED, APACHE) if apache.available() else (EMBEDDED,)


class Server(Protocol):
    bootstrap_servers: str
    server: Program


class Broker:
    """A broker under test. `keeps`: what it acknowledged is there after a kill."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self.keeps = name != EMBEDDED
        self.bootstrap_servers = server.bootstrap_servers
        self._program = server.server
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it answers."""
        self._process = self._program.spawn()
        self.wait_until_ready()

    def ensure_running(self) -> None:
        """Start it unless it runs."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """End it without a word of warning."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def wait_until_ready(self) -> None:
        client = AdminClient({"bootstrap.servers": self.bootstrap_servers}, logger=CLIENT_LOG)
        client.list_topics(timeout=60)


@contextmanager
def broker(name: str, *, started: bool = True) -> Iterator[Broker]:
    """A broker of one's own, gone with its data when the block ends."""
    with scratch() as folder:
        found = Broker(name, _server(name, folder / "kafka"))
        try:
            if started:
                found.start()
            yield found
        finally:
            found.kill()


def _server(name: str, home: Path) -> Server:
    if name == EMBEDDED:
        return EmbeddedKafka(home)
    kafka = apache.ApacheKafka(home)
    kafka.initialise()
    return kafka
