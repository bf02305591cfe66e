"""A database that takes minutes to fill, kept from one run of a benchmark to the next.

It is filled anew when the migrations or the modules that fill it have changed. `TMPDIR` says where
it is kept; delete the folder `annals-bench` there to get its space back.
"""

import asyncio
import fcntl
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import psycopg
from psycopg import sql

from infrastructure.development.embedded.postgres import EmbeddedPostgres
from infrastructure.postgres.migrations import migrate
from tests.support.processes.dev_process import ROOT
from tests.support.servers.databases import Postgres, run_to_end, running

# As in production: whatever is committed is on disk.
OPTIONS = {"max_wal_size": "4GB"}


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print how long a part of a benchmark takes."""
    print(f"  {what} …", end="", flush=True)
    began = time.monotonic()
    yield
    print(f" {time.monotonic() - began:.0f} s", flush=True)


@contextmanager
def kept_database(
    name: str, fill: Callable[[str], None], *, of: Sequence[ModuleType]
) -> Iterator[str]:
    """Yield the address of a copy of a filled database; the copy is dropped when the block ends.

    `fill` fills a migrated database. It runs only if no filled database is kept, or if a module
    `of` those that decide what is in it has changed since.
    """
    folder = Path(tempfile.gettempdir()).resolve() / "annals-bench"
    folder.mkdir(mode=0o711, exist_ok=True)
    with (folder / "lock").open("w") as lock, _server(folder, lock.fileno()) as server:
        filled = f"{name}_{_fingerprint(of)}"
        if not _exists(server, filled):
            _drop(server, f"{name}%")
            url = server.create(f"{name}_unfinished")
            migrate(url)
            fill(url)
            _execute(
                server,
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(f"{name}_unfinished"), sql.Identifier(filled)
                ),
            )
        copy = f"{name}_copy"
        _drop(server, copy)
        with step("copy the filled database"):
            url = server.create(copy, like=filled)
        yield url
        _drop(server, copy)


@contextmanager
def _server(folder: Path, lock: int) -> Iterator[Postgres]:
    fcntl.flock(lock, fcntl.LOCK_EX)
    embedded = EmbeddedPostgres(folder / "postgres", OPTIONS)
    asyncio.run(embedded.initialise(run_to_end))
    with running(embedded.server):
        asyncio.run(embedded.ready())
        yield Postgres(embedded.url)


def _fingerprint(of: Sequence[ModuleType]) -> str:
    files = [*sorted((ROOT / "alembic/versions").glob("*.py"))]
    files += [Path(module.__file__) for module in of if module.__file__]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _exists(server: Postgres, name: str) -> bool:
    with psycopg.connect(server.url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def _drop(server: Postgres, pattern: str) -> None:
    """Drop the databases whose names are like `pattern`."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]
        )
        for (name,) in found.fetchall():
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def _execute(server: Postgres, statement: sql.Composed) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)
