"""The `eventsourcing` library with its persistence on our tables, for tests."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import eventsourcing.cryptography
from eventsourcing.persistence import InfrastructureFactory, Tracking
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from infrastructure.store.recorder import AnnalsFactory, AnnalsTrackingRecorder

# The library's test cases import its cipher on pycryptodome. It has one on `cryptography` as
# well, with the same names, and that library is here already.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)

from eventsourcing.tests.projection import EventCountersView  # noqa: E402 - needs the cipher


def environment(url: str, **more: str) -> dict[str, str]:
    """Return the variables that put an application of the library on this database."""
    address = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "infrastructure.store.recorder",
        "POSTGRES_DBNAME": str(address["dbname"]),
        "POSTGRES_HOST": str(address["host"]),
        "POSTGRES_PORT": str(address["port"]),
        "POSTGRES_USER": str(address["user"]),
        "POSTGRES_PASSWORD": str(address.get("password", "")),
        **more,
    }


def factory(env: Mapping[str, str]) -> AnnalsFactory:
    return cast(AnnalsFactory, InfrastructureFactory[Any].construct(dict(env)))


@contextmanager
def program(file: Path, env: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A Python program runs inside the block, with Annals on its path."""
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, str(file)], env={**env, "PYTHONPATH": root})
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


class EventCounters(AnnalsTrackingRecorder, EventCountersView):
    """The view of the library's own projection tests, as somebody would write it on our tables."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, count bigint NOT NULL)"
            ).format(sql.Identifier("event_counters"))
        )

    def get_created_event_counter(self) -> int:
        return self._count("created")

    def get_subsequent_event_counter(self) -> int:
        return self._count("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increase("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increase("subsequent", tracking)

    def _count(self, name: str) -> int:
        with self.datastore.get_connection() as connection:
            row = connection.execute(
                "SELECT count FROM event_counters WHERE name = %s", (name,)
            ).fetchone()
        return int(row["count"]) if row else 0

    def _increase(self, name: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO event_counters VALUES (%s, 1)"
                " ON CONFLICT (name) DO UPDATE SET count = event_counters.count + 1",
                (name,),
            )
