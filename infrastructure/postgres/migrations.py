"""The schema: bringing a database to the newest revision in alembic/."""

import asyncio
from pathlib import Path

import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports import Unavailable
from infrastructure.postgres.queries import QueryRunner

RETRY_SECONDS = 0.5  # seconds between looks at a database that is away, or behind
FOLDER = Path(__file__).resolve().parents[2] / "alembic"


def migrate(database_url: str) -> None:
    """Bring the database up to date; safe when several processes do so at once.

    The folder's env.py finds the address in its configuration as `sqlalchemy.url`.
    """
    from alembic import command  # heavy, and few processes need it
    from alembic.config import Config

    _, _, rest = database_url.partition("://")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    # SQLAlchemy must be told which driver; the percent sign is special to alembic's configuration.
    config.set_main_option("sqlalchemy.url", f"postgresql+psycopg://{rest}".replace("%", "%%"))
    command.upgrade(config, "head")


def head() -> str:
    """Return the newest revision this code knows: files are numbered, and the last is it."""
    return max(file.name for file in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


async def revision(connection: AsyncConnection) -> str | None:
    """Return the revision the database is at, None when nobody has migrated it yet."""
    try:
        cursor = await connection.execute("SELECT max(version_num) FROM alembic_version")
    except psycopg.errors.UndefinedTable:
        return None
    row = await cursor.fetchone()
    return row[0] if row else None


async def until_up_to_date(questions: QueryRunner) -> None:
    """Wait until the database is there and its schema as new as this code, and say so once."""
    told = False
    while True:
        try:
            found = await questions.run(revision)
        except Unavailable:
            found = None
        if found is not None and found >= head():
            return
        if not told:
            told = True
            structlog.get_logger().warning(
                "waiting for a database brought up to date by `annals migrate`",
                found=found,
                expected=head(),
            )
        await asyncio.sleep(RETRY_SECONDS)
