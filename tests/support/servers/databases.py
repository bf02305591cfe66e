"""The real servers every test shares: one PostgreSQL and one Valkey, made for the session."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from infrastructure.development.embedded.postgres import EmbeddedPostgres
from infrastructure.development.embedded.program import Program
from infrastructure.development.embedded.valkey import EmbeddedValkey
from infrastructure.postgres.roles import APP, OWNER

APP_PASSWORD = "of-the-processes"
# A test's data need not outlive the machine; what needs the disk says so and starts its own.
# A password here protects nothing, and each connection would pay for the rounds that protect it.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "scram_iterations": "1",
}


@contextmanager
def postgres_server(options: dict[str, str] = FORGETFUL) -> Iterator["Postgres"]:
    """A PostgreSQL of its own, gone with its data when the block ends."""
    with scratch() as folder:
        embedded = EmbeddedPostgres(folder / "postgres", options)
        asyncio.run(embedded.initialise(run_to_end))
        with running(embedded.server):
            asyncio.run(embedded.ready())
            yield Postgres(embedded.url)
        shutil.rmtree(embedded.home)


@contextmanager
def valkey_server() -> Iterator[str]:
    """The address of a Valkey of its own, gone with its data when the block ends."""
    with scratch() as folder:
        embedded = EmbeddedValkey(folder / "valkey")
        with running(embedded.server):
            asyncio.run(embedded.ready())
            yield embedded.url


class Postgres:
    """A server to make databases on."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, name: str, *, like: str = "template0") -> str:
        """Make a database, a copy of another, and say its address."""
        # A copy has the tables of the other database, but not what roles may do with it.
        owner = sql.SQL("") if like == "template0" else sql.SQL("OWNER ") + sql.Identifier(OWNER)
        self._execute(
            sql.SQL("CREATE DATABASE {} {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), owner, sql.Identifier(like)
            )
        )
        return self.address(name)

    @contextmanager
    def database(self, *, like: str = "template0") -> Iterator[str]:
        """The address of a database that is dropped when the block ends."""
        name = f"test_{uuid4().hex}"
        yield self.create(name, like=like)
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def migrated_database(self, migrated: str) -> Iterator[str]:
        """The address, for the processes, of a database with every table and no rows."""
        with self.database(like=migrated) as url:
            yield self.as_app(url.rpartition("/")[2])

    def address(self, name: str) -> str:
        return f"{self.url.rpartition('/')[0]}/{name}"

    def as_app(self, name: str) -> str:
        """Say the address of a database with the login of the processes."""
        _, _, host = self.address(name).rpartition("@")
        return f"postgresql://{APP}:{APP_PASSWORD}@{host}"

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running(program: Program) -> Iterator[None]:
    process = program.spawn()
    try:
        yield
    finally:
        process.send_signal(program.stop)
        process.wait(timeout=20)


async def run_to_end(program: Program) -> None:
    assert program.spawn().wait(timeout=60) == 0, program.last_output()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that servers under other accounts may pass through, too."""
    with tempfile.TemporaryDirectory(prefix="annals-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        yield folder
