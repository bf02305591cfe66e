"""Serves messages over standard input and output, for an assistant on the same machine."""

from typing import Any

from interfaces.client.remote_api import RemoteApi
from interfaces.mcp.server import build_server


async def serve(api: RemoteApi) -> None:
    """Serve one client until its input ends."""

    def same(_: Any) -> RemoteApi:
        return api

    await build_server(same).run_stdio_async()
