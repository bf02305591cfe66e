"""`annals migrate`: the schema, brought up to date."""

import click

from infrastructure.bootstrap import load_settings, migrate


@click.command
def command() -> None:
    """Bring the database schema up to date.

    Safe at any time and from several places at once: one process does the work, the others wait
    and find it done. Needs ANNALS_DATABASE_URL.
    """
    migrate(load_settings())
