"""`annals migrate`: migrates the database schema."""

import click

from infrastructure.bootstrap import load_settings, migrate


@click.command
def command() -> None:
    """Migrate the database schema.

    Safe at any time and from several machines at once: one process migrates, the others wait for
    it. Needs ANNALS_DATABASE_URL.
    """
    migrate(load_settings())
