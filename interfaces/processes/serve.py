"""`annals serve`: serves the HTTP API."""

import asyncio
from functools import partial

import click

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
    asyncio.run(check_database(settings))  # inside the server its refusal would be a traceback
    # Imported late, so that a wrong setting is reported before the slow import.
    from interfaces.http.server.server import run

    telemetry = http_telemetry()
    run(settings, partial(open_api, settings, telemetry), telemetry, fd=fd)
