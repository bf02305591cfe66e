"""One uvicorn process, and a stop that does not wait for those who only listen."""

import asyncio
import resource
import socket
from types import FrameType
from typing import Any

import uvicorn

from infrastructure.bootstrap import Settings
from interfaces.http.server.app import create_app
from interfaces.http.server.connection import connection_of
from interfaces.http.server.shared_socket import BACKLOG, SharedSocket
from interfaces.processes.gc_tuning import tune_gc

# Seconds for what is being answered when we are told to stop; waits for a view end within 5.
SHUTDOWN_GRACE_SECONDS = 15


class Server(uvicorn.Server):
    """Sets `closing` when told to stop, so that open streams end and uvicorn need not wait."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing
        self._door: SharedSocket | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn would take whatever waits at a shared socket; we take our share.
        await super().startup(sockets=[] if sockets else None)
        if sockets:
            [shared] = sockets
            self._door = SharedSocket(shared, self._protocol, self.connected)
            self._door.open()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._door:
            self._door.close()
        await super().shutdown()

    def connected(self) -> int:
        """How many connections are open."""
        return len(self.server_state.connections)

    def _protocol(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._closing.set()
        super().handle_exit(sig, frame)


def run(settings: Settings, *, fd: int | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    tune_gc()
    _use_all_descriptors()
    closing = asyncio.Event()
    app = create_app(settings, closing)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=connection_of(settings.connections),
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        # Who has not answered a ping within 90 s is gone.
        ws_ping_interval=30,
        ws_ping_timeout=60,
        backlog=BACKLOG,
        access_log=False,  # our own line says more, for less
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_SECONDS,
        timeout_keep_alive=75,
    )
    # Of a bare descriptor uvicorn would make a Unix socket, and without TCP_NODELAY an answer
    # in two parts waits 40 ms for the other side's delayed acknowledgement.
    sockets = None if fd is None else [socket.socket(fileno=fd)]
    server = Server(config, closing)
    app.connected = server.connected
    server.run(sockets)


def _use_all_descriptors() -> None:
    """Take as many connections as we may have: what most systems give at first is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
