"""`annals dev`: starts every server and process on this machine."""

import asyncio

import click

from infrastructure.bootstrap import develop, load_settings
from interfaces.processes.dev_screen import DevScreen


@click.command
@click.option(
    "--data-dir",
    metavar="DIR",
    help="Keep all data in this folder (ANNALS_DATA_DIR; default: .annals).",
)
@click.option(
    "--port", metavar="N", help="Serve the API on this port (ANNALS_PORT; default: 8000)."
)
@click.option("--sample", is_flag=True, help="Fill a year of history for the demo account.")
@click.option(
    "--verbose", is_flag=True, help="Show all log lines of the processes on the terminal."
)
def command(data_dir: str | None, port: str | None, sample: bool, verbose: bool) -> None:
    """Run Annals on this machine, with its servers.

    Starts PostgreSQL, Valkey and a Kafka-compatible broker (unless ANNALS_DATABASE_URL,
    ANNALS_REDIS_URL or ANNALS_KAFKA_BOOTSTRAP_SERVERS point to others), migrates the schema, and
    keeps every process running until Ctrl-C. The data survives a restart; delete the data folder
    to start over. Use another folder and another port to run a second instance.

    On a terminal, the processes log to annals.log in the data folder, and only their warnings
    are shown. With --verbose or ANNALS_LOG_LEVEL, or without a terminal, all lines are shown.
    """
    settings = load_settings(alone=True, data_dir=data_dir, port=port)
    screen = DevScreen()
    screen.begin(settings.dev.data_dir)
    try:
        asyncio.run(develop(settings, screen, sample=sample, verbose=verbose))
    finally:
        screen.clear()
    screen.end()
