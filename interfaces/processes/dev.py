"""`annals dev`: everything on this machine, with one command and no other software."""

import asyncio

import click

from application.ports.startup import RunningApi
from infrastructure.bootstrap import develop, load_settings


@click.command
@click.option(
    "--data-dir",
    metavar="DIR",
    help="Keep all data in this folder (ANNALS_DATA_DIR; .annals when not given).",
)
@click.option(
    "--port", metavar="N", help="Serve the API on this port (ANNALS_PORT; 8000 when not given)."
)
def command(data_dir: str | None, port: str | None) -> None:
    """Run all of Annals on this machine, servers included.

    Starts PostgreSQL, Valkey and a Kafka-compatible broker (unless ANNALS_DATABASE_URL,
    ANNALS_REDIS_URL or ANNALS_KAFKA_BOOTSTRAP_SERVERS name others),
    brings the schema up to date, and keeps every process running until Ctrl-C. The data outlives
    a restart; remove the data folder to begin anew. With another folder and another port a second
    one runs beside the first.
    """
    settings = load_settings(alone=True, data_dir=data_dir, port=port)
    click.echo(f"Annals is starting; its data is in {settings.data_dir}")
    asyncio.run(develop(settings, announce))


def announce(api: RunningApi | None) -> None:
    if api:
        click.echo(f"\n  API   {api.address}/api/v1\n  Docs  {api.docs}")
        if api.mail:
            click.echo(f"  Mail  {api.mail}")
        click.echo(f"\nTry it as the demo account:\n\n{api.curl}")
    click.echo("\nAnnals runs. Ctrl-C ends it.\n")
