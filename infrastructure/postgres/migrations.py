"""Migrations: bring the schema of a database to the newest revision in alembic/."""

import asyncio
from pathlib import Path

import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports.startup import CannotStart
from application.ports.unavailable import Unavailable
from infrastructure.postgres.histories import SEQUENCE_BEHIND, SequenceBehind
from infrastructure.postgres.queries import QueryRunner
from infrastructure.postgres.roles import prepare_roles

RETRY_SECONDS = 0.5  # between checks of a database that is away or outdated
FOLDER = Path(__file__).resolve().parents[2] / "alembic"


def migrate(
    database_url: str, app_url: str | None = None, *, repair_sequence: bool = False
) -> None:
    """Bring roles and tables up to date; safe when several processes do so at once.

    `app_url` is what the other processes connect with, if that is another login. The folder's
    env.py finds the address in its configuration as `sqlalchemy.url`. `repair_sequence` moves the
    sequence of positions beyond all that were ever given out.

    Raises:
        CannotStart: the login may not prepare the roles, the database is of an old version, or
            its sequence of positions lies below the end of the log.
    """
    from alembic import command  # heavy, and few processes need it
    from alembic.config import Config

    prepare_roles(database_url, app_url)
    _, _, rest = database_url.partition("://")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    # SQLAlchemy needs the driver's name; the percent sign is special in alembic's configuration.
    config.set_main_option("sqlalchemy.url", f"postgresql+psycopg://{rest}".replace("%", "%%"))
    command.upgrade(config, "head")
    with psycopg.connect(database_url, autocommit=True) as connection:
        if repair_sequence:
            connection.execute("SELECT annals_begin_history()")
        try:
            connection.execute("SELECT annals_identity()")
        except psycopg.DatabaseError as error:
            if error.sqlstate != SEQUENCE_BEHIND:
                raise
            raise CannotStart(str(SequenceBehind())) from error


def head() -> str:
    """Return the newest revision this code knows: the number of the last file."""
    return max(file.name for file in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


async def revision(connection: AsyncConnection) -> str | None:
    """Return the revision of the database, None if it was never migrated."""
    try:
        cursor = await connection.execute("SELECT max(version_num) FROM alembic_version")
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None  # the migration has not begun, or has just begun
    row = await cursor.fetchone()
    return row[0] if row else None


async def until_up_to_date(queries: QueryRunner) -> None:
    """Wait until the database answers with a schema at least as new as this code."""
    logged = False
    while True:
        try:
            found = await queries.run(revision)
        except Unavailable:
            found = None
        if found is not None and found >= head():
            return
        if not logged:
            logged = True
            structlog.get_logger().warning(
                "schema_outdated",
                waiting_for="annals migrate",
                found=found,
                expected=head(),
            )
        await asyncio.sleep(RETRY_SECONDS)
