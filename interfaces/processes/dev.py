"""`annals dev`: starts every server and process on this machine."""

import asyncio

import click

from application.ports.startup import RunningApi
from infrastructure.bootstrap import develop, load_settings


@click.command
@click.option(
    "--data-dir",
    metavar="DIR",
    help="Keep all data in this folder (ANNALS_DATA_DIR; default: .annals).",
)
@click.option(
    "--port", metavar="N", help="Serve the API on this port (ANNALS_PORT; default: 8000)."
)
def command(data_dir: str | None, port: str | None) -> None:
    """Run Annals on this machine, with its servers.

    Starts PostgreSQL, Valkey and a Kafka-compatible broker (unless ANNALS_DATABASE_URL,
    ANNALS_REDIS_URL or ANNALS_KAFKA_BOOTSTRAP_SERVERS point to others), migrates the schema, and
    keeps every process running until Ctrl-C. The data survives a restart; delete the data folder
    to start over. Use another folder and another port to run a second instance.
    """
    settings = load_settings(alone=True, data_dir=data_dir, port=port)
    click.echo(f"Annals is starting; its data is in {settings.dev.data_dir}")
    asyncio.run(develop(settings, announce))


def announce(api: RunningApi | None) -> None:
    if api:
        click.echo(f"\n  API   {api.address}/api/v1\n  Docs  {api.docs}")
        if api.mail:
            click.echo(f"  Mail  {api.mail}")
        click.echo(f"\nTry it as the demo account:\n\n{api.curl}")
    click.echo("\nAnnals runs. Press Ctrl-C to stop it.\n")
