"""Opens what a process needs of the database: the event store, the log and a pool for queries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.ports.startup import CannotStart
from application.ports.unavailable import Unavailable
from domain.record import Record
from infrastructure.config.settings import Settings
from infrastructure.postgres.comparing import histories_compared
from infrastructure.postgres.connections import DatabaseConnection, connect, query_pool
from infrastructure.postgres.histories import SequenceBehind
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.installation_secret import OtherSecret, confirm_secret
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands


class Database(Record):
    """`store` writes, `log` and `queries` read; `pool` is what `queries` borrows from."""

    url: str
    store: PostgresEventStore
    commands: ObservedCommands
    log: EventLog
    pool: AsyncConnectionPool
    queries: QueryRunner


@asynccontextmanager
async def open_database(
    settings: Settings, name: str, *, connections: int = 8, secret: bytes | None = None
) -> AsyncIterator[Database]:
    """Open the database that `settings` name. If it is away, the first query says so.

    With a `secret`, the event store works only where the log was begun with it.

    Raises:
        CannotStart: no database is named, it must not be used before it is repaired, or its log
            was begun with another secret.
    """
    url = settings.database.url_or_fail
    mapper = RecordMapper()
    async with open_store(url, name, mapper, secret=secret) as store:
        pool = query_pool(url, size=connections)
        await pool.open(wait=False)
        queries = QueryRunner(pool)
        try:
            if secret is not None:
                with suppress(Unavailable):  # the store asks again, with every connection
                    await queries.run(confirm_secret, secret)
            yield Database(
                url=url,
                store=store,
                commands=ObservedCommands(store),
                log=EventLog(mapper),
                pool=pool,
                queries=queries,
            )
        finally:
            await pool.close()


@asynccontextmanager
async def open_store(
    url: str, name: str, mapper: RecordMapper, *, secret: bytes | None = None
) -> AsyncIterator[PostgresEventStore]:
    """Open the event store alone.

    Raises:
        CannotStart: the database must not be used before a person has repaired it.
    """
    async with histories_compared(url, name=name):
        store = PostgresEventStore(partial(_connect, url, f"annals {name}", secret), mapper)
        try:
            yield store
        finally:
            await store.close()


async def _connect(url: str, name: str, secret: bytes | None) -> DatabaseConnection:
    """Open a connection that is used only if the log belongs to the secret.

    The check when a process starts is not enough: the database may be away then.
    """
    connection = await connect(url, name=name)
    if secret is not None:
        try:
            await confirm_secret(connection, secret)
        except OtherSecret as error:
            await connection.close()
            structlog.get_logger().error("installation_secret_differs", error=str(error))
            raise psycopg.OperationalError(str(error)) from error
        except BaseException:
            await connection.close()
            raise
    return connection


@asynccontextmanager
async def open_connection(settings: Settings, name: str) -> AsyncIterator[AsyncConnection]:
    """Open one connection to the database that `settings` name.

    Raises:
        CannotStart: no database is named, or it cannot be reached.
    """
    url = settings.database.url_or_fail
    try:
        connection = await connect(url, name=f"annals {name}")
    except SequenceBehind as error:
        raise CannotStart(str(error)) from error
    except psycopg.OperationalError as error:
        raise CannotStart(f"The database cannot be reached: {error}".strip()) from error
    async with connection:
        yield connection
