"""Runs the migrations, one process at a time."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

# Everyone who migrates takes this lock first; who comes second finds the work done.
LOCK = 0x414E_4E41_4C53_0001


def migrate() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise SystemExit("alembic needs sqlalchemy.url; use `annals migrate`.")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        # Whoever logs in, the tables belong to the same role.
        connection.execute(text("SET ROLE annals_owner"))
        connection.execute(text("SET search_path = public, views"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        # Processes that wait for the migration look at what there is; to write needs a grant.
        for kind in ("TABLES", "SEQUENCES"):
            connection.execute(
                text(
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
                    f" GRANT SELECT ON {kind} TO annals_app"
                )
            )
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()
