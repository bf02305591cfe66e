"""`annals serve`: serves the HTTP API."""

import asyncio
import socket
from functools import partial

import click

from application.ports.startup import CannotStart
from infrastructure.bootstrap import check_database, http_telemetry, load_settings, open_api


@click.command
@click.option("--host", help="Address to listen on (ANNALS_HOST).")
@click.option("--port", help="Port to listen on (ANNALS_PORT).")
@click.option("--fd", type=int, help="Listen on this open socket (a file descriptor) instead.")
def command(host: str | None, port: str | None, fd: int | None) -> None:
    """Serve the HTTP API.

    Runs one process: start one per core; with --fd they share a socket. Needs
    ANNALS_DATABASE_URL and ANNALS_KEYS_DIR.
    """
    settings = load_settings(host=host, port=port)
    if fd is None:
        _must_be_free(settings.http.host, settings.http.port)
    asyncio.run(check_database(settings))  # inside the server its refusal would be a traceback
    # Imported late, so that a wrong setting is reported before the slow import.
    from interfaces.http.server.server import run

    telemetry = http_telemetry()
    run(settings, partial(open_api, settings, telemetry), telemetry, fd=fd)


def _must_be_free(host: str, port: int) -> None:
    """Try the address out: uvicorn would report that it is taken as a line of the log."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        # Python adds the address, which is in the sentence already.
        reason = str(error.strerror).partition(" (while")[0]
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({reason}): choose another port with --port."
        ) from error
