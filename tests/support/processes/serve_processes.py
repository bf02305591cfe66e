"""`annals serve` as it runs in earnest: processes on one socket, against a migrated database."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

import httpx

from infrastructure.security.signing_key import fill_key_folder
from tests.support.processes.dev_process import ROOT, environment

TIMEOUT_SECONDS = 60.0


class Serving:
    def __init__(self, port: int, processes: "list[subprocess.Popen[bytes]]", log: Path) -> None:
        self.port = port
        self.processes = processes
        self.log = log

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    def sign_in(self, email: str) -> str:
        """Register somebody; return an access token."""
        account = {"email": email, "password": "correct horse battery"}
        with httpx.Client(base_url=f"{self.address}/api/v1") as client:
            client.post("/auth/register", json=account).raise_for_status()
            login = client.post("/auth/login", json=account).raise_for_status()
        return str(login.json()["access_token"])

    def ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def serving(
    database_url: str,
    folder: Path,
    *,
    processes: int = 1,
    release: Path | str = ROOT,
    **settings: str,
) -> Iterator[Serving]:
    """Run so many API processes until the block ends; keys and log are in `folder`.

    `release` is the folder of the code that they run.
    """
    fill_key_folder(folder / "keys")
    log = folder / "serve.log"
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        port = listening.getsockname()[1]
        command = [sys.executable, "-m", "interfaces.cli", "serve", "--fd", str(listening.fileno())]
        given = environment(
            database_url=database_url, keys_dir=str(folder / "keys"), log_format="json", **settings
        )
        with log.open("ab") as output:
            started = [
                subprocess.Popen(
                    command,
                    env=given | {"PYTHONPATH": str(release)},
                    cwd=release,
                    stdout=output,
                    stderr=output,
                    pass_fds=[listening.fileno()],
                )
                for _ in range(processes)
            ]
        running = Serving(port, started, log)
        try:
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while log.read_text().count('"api_started"') < processes or not running.ready():
                assert time.monotonic() < deadline, log.read_text()
                assert all(process.poll() is None for process in started), log.read_text()
                time.sleep(0.05)
            yield running
        finally:
            for process in started:
                process.send_signal(SIGTERM)
            for process in started:
                process.wait(timeout=30)
