"""The log is copied without its sequence: positions go on behind all that were given out."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import migrate
from projections.views.tasks.task_list import TaskListView
from tests.integration.history.test_positions import CREATED
from tests.support.event_log import open_log
from tests.support.processes.dev_process import annals
from tests.support.servers.databases import Postgres, scratch
from tests.support.servers.ports import free_port
from tests.support.servers.replicas import OPTIONS, PostgresNode, program
from tests.support.waiting import wait_until

pytestmark = pytest.mark.anyio

EVENTS = 40


@pytest.fixture(scope="module")
def publisher() -> Iterator[PostgresNode]:
    with scratch() as folder:
        node = PostgresNode(folder / "postgres", OPTIONS | {"wal_level": "logical"})
        node.start()
        migrate(node.url)
        yield node
        node.stop()


async def record(url: str) -> None:
    async with open_log(url) as log:
        for _ in range(EVENTS):
            await log.happened(CREATED)
        await log.folded(TaskListView())


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def last(url: str) -> int:
    [(position,)] = rows(url, "SELECT max(notification_id) FROM stored_events")
    assert isinstance(position, int)
    return position


async def shows_what_is_recorded_now(url: str) -> None:
    before = last(url)
    async with open_log(url) as log:
        streams = {await log.happened(CREATED) for _ in range(EVENTS)}
        assert min(fact.position for fact in (await log.facts())[-EVENTS:]) > before
        await log.folded(TaskListView())
        assert {row.id for row in await log.rows(TaskListView())} >= streams


async def test_a_logical_copy_takes_over(publisher: PostgresNode, postgres: Postgres) -> None:
    """The first copy fires the triggers of the log under an empty search path."""
    await record(publisher.url)
    with postgres.database() as url:
        migrate(url)
        rows(publisher.url, "CREATE PUBLICATION upgrade FOR ALL TABLES")
        rows(url, "TRUNCATE alembic_version, database_histories")
        rows(
            url,
            f"CREATE SUBSCRIPTION upgrade CONNECTION '{publisher.url}' PUBLICATION upgrade",
        )
        wait_until(
            lambda: rows(url, "SELECT 1 FROM pg_subscription_rel WHERE srsubstate <> 'r'") == [],
            lambda: str(rows(url, "SELECT srrelid::regclass, srsubstate FROM pg_subscription_rel")),
        )
        wait_until(lambda: last(url) == last(publisher.url))
        rows(url, "DROP SUBSCRIPTION upgrade")
        migrate(url)
        await shows_what_is_recorded_now(url)


async def test_data_alone_is_restored(
    database_url: str, owner_url: str, postgres: Postgres
) -> None:
    await record(database_url)
    with postgres.database() as url:
        migrate(url)
        rows(url, "TRUNCATE alembic_version, database_histories")
        restore(dump(owner_url), url)
        migrate(url)
        await shows_what_is_recorded_now(url)


def dump(url: str) -> bytes:
    command = [program("pg_dump"), "--data-only", "--disable-triggers", url]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def restore(data: bytes, url: str) -> None:
    command = [program("psql"), "--set=ON_ERROR_STOP=1", "--quiet", url]
    done = subprocess.run(command, check=False, input=data, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()


async def test_nothing_starts_while_the_sequence_lies_below_the_log(
    database_url: str, owner_url: str, keys: Path
) -> None:
    await record(database_url)
    async with await connect(database_url):  # a process knows this history
        rows(owner_url, "SELECT setval('stored_events_notification_id_seq', 1)")
    given = {
        "database_url": database_url,
        "migrate_database_url": owner_url,
        "redis_url": "redis://127.0.0.1:1",
        "keys_dir": str(keys),
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "port": free_port(),
    }
    for verb in ("migrate", "serve", "project", "schedule", "work", "relay", "views"):
        refused = annals(verb, **given)
        assert refused.returncode == 1, (verb, refused.stdout, refused.stderr)
        assert "annals migrate --repair-sequence" in refused.stderr, (verb, refused.stderr)
        assert "Traceback" not in refused.stderr, (verb, refused.stderr)
    assert annals("migrate", "--repair-sequence", **given).returncode == 0
    assert annals("views", **given).returncode == 0
    await shows_what_is_recorded_now(database_url)
