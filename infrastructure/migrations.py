"""The schema: bringing a database to the newest revision in alembic/."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "alembic"


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
