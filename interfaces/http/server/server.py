"""The uvicorn server of one process; when it stops, it ends open streams at once."""

import asyncio
import logging
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from application.parts import ApiParts
from application.ports.startup import CannotStart
from application.ports.telemetry import HttpTelemetry
from interfaces.http.middleware.settings import RequestSettings
from interfaces.http.server.app import create_app
from interfaces.http.server.connection import connection_of
from interfaces.http.server.peers import Peers
from interfaces.http.server.shared_socket import BACKLOG, SharedSocket
from interfaces.http.server.socket_connection import socket_connection_of
from interfaces.processes.gc_tuning import tune_gc

# Seconds for requests in progress when the process is stopped; waits for a view end within 5.
SHUTDOWN_GRACE_SECONDS = 15
TICK_SECONDS = 1.0


class Server(uvicorn.Server):
    """Sets `closing` when a signal stops it, so that open streams end and uvicorn need not wait."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing
        self._shared: SharedSocket | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn would accept all connections of a shared socket; SharedSocket accepts our share.
        await super().startup(sockets=[] if sockets else None)
        if sockets:
            [shared] = sockets
            self._shared = SharedSocket(shared, self._protocol, self.connected)
            self._shared.open()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._shared:
            self._shared.close()
        await super().shutdown()

    async def main_loop(self) -> None:
        """Renew the date header once a second until a signal comes; uvicorn looks ten times."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._closing.wait()

    def connected(self) -> int:
        """Return how many connections are open."""
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


def run(
    settings: RequestSettings,
    open_parts: Callable[[], AbstractAsyncContextManager[ApiParts]],
    telemetry: HttpTelemetry,
    *,
    fd: int | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, at the listening socket `fd` if it is given.

    Raises:
        CannotStart: the parts do not open.
    """
    tune_gc()
    _use_all_descriptors()
    closing = asyncio.Event()
    refusals: list[CannotStart] = []
    app = create_app(settings, partial(_opening, open_parts, refusals), telemetry, closing)
    peers = Peers(settings.http.connections_per_address, settings.http.trusted_proxies)
    config = uvicorn.Config(
        app,
        host=settings.http.host,
        port=settings.http.port,
        loop="uvloop",
        http=connection_of(settings.http.connections, telemetry, peers),
        ws=socket_connection_of(peers),
        ws_max_size=64 * 1024,
        # A client that has not answered a ping within 90 s is gone.
        ws_ping_interval=30,
        ws_ping_timeout=60,
        backlog=BACKLOG,
        access_log=False,  # our own access log says more and costs less
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
    try:
        server.run(sockets)
    finally:
        if refusals:
            raise refusals[0]


@asynccontextmanager
async def _opening(
    open_parts: Callable[[], AbstractAsyncContextManager[ApiParts]], refusals: list[CannotStart]
) -> AsyncIterator[ApiParts]:
    """Keep the sentence that says why the parts do not open: uvicorn would log a traceback."""
    try:
        async with open_parts() as parts:
            yield parts
    except CannotStart as refusal:
        refusals.append(refusal)
        logging.getLogger("uvicorn.error").disabled = True
        raise


def _use_all_descriptors() -> None:
    """Allow as many connections as the system permits: the usual soft limit is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
