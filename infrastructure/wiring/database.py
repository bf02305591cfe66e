"""Opens what a process needs of the database: the event store, the log and a pool for queries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.ports.startup import CannotStart
from domain.record import Record
from infrastructure.config.settings import Settings
from infrastructure.postgres.comparing import histories_compared
from infrastructure.postgres.connections import connect, query_pool
from infrastructure.postgres.histories import SequenceBehind
from infrastructure.postgres.queries import QueryRunner
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
    settings: Settings, name: str, *, connections: int = 8
) -> AsyncIterator[Database]:
    """Open the database that `settings` name. If it is away, the first query says so.

    Raises:
        CannotStart: no database is named, or it must not be used before it is repaired.
    """
    url = settings.database.url_or_fail
    mapper = RecordMapper()
    async with open_store(url, name, mapper) as store:
        pool = query_pool(url, size=connections)
        await pool.open(wait=False)
        try:
            yield Database(
                url=url,
                store=store,
                commands=ObservedCommands(store),
                log=EventLog(mapper),
                pool=pool,
                queries=QueryRunner(pool),
            )
        finally:
            await pool.close()


@asynccontextmanager
async def open_store(
    url: str, name: str, mapper: RecordMapper
) -> AsyncIterator[PostgresEventStore]:
    """Open the event store alone.

    Raises:
        CannotStart: the database must not be used before a person has repaired it.
    """
    async with histories_compared(url, name=name):
        store = PostgresEventStore(partial(connect, url, name=f"annals {name}"), mapper)
        try:
            yield store
        finally:
            await store.close()


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
