"""`annals serve`: answer HTTP requests."""

from functools import partial

import click

from infrastructure.bootstrap import http_telemetry, load_settings, open_api


@click.command
@click.option("--host", help="Address to listen on (ANNALS_HOST).")
@click.option("--port", help="Port to listen on (ANNALS_PORT).")
@click.option("--fd", type=int, help="Take over this listening socket instead.")
def command(host: str | None, port: str | None, fd: int | None) -> None:
    """Answer HTTP requests, in one process.

    Start as many as the machine has cores for; with --fd they share one socket. Needs
    ANNALS_DATABASE_URL and ANNALS_KEYS_DIR.
    """
    settings = load_settings(host=host, port=port)
    # Loaded late: the settings are wrong more often than the rest, and the rest is heavy.
    from interfaces.http.server.server import run

    telemetry = http_telemetry()
    run(settings, partial(open_api, settings, telemetry), telemetry, fd=fd)
