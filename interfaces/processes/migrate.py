"""`annals migrate`: migrates the database schema."""

import click

from infrastructure.bootstrap import load_settings, migrate


@click.command
@click.option(
    "--repair-sequence",
    is_flag=True,
    help="Let new positions begin beyond all others, after a logical copy or a partial restore.",
)
def command(repair_sequence: bool) -> None:
    """Migrate the database schema.

    Safe at any time and from several machines at once: one process migrates, the others wait for
    it. Needs ANNALS_DATABASE_URL.
    """
    migrate(load_settings(), repair_sequence=repair_sequence)
