"""One uvicorn process, and a stop that does not wait for those who only listen."""

import asyncio
from types import FrameType

import uvicorn

from infrastructure.bootstrap import Settings
from interfaces.http.app import create_app

BACKLOG = 2048


class Server(uvicorn.Server):
    """Sets `closing` when told to stop, so that open streams end and uvicorn need not wait."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._closing.set()
        super().handle_exit(sig, frame)


def run(settings: Settings, *, fd: int | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    closing = asyncio.Event()
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        fd=fd,
        loop="uvloop",
        http="httptools",
        ws="none",
        backlog=BACKLOG,
        access_log=False,  # our own line says more, for less
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=75,
    )
    Server(config, closing).run()
