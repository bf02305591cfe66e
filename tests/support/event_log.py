"""A log on PostgreSQL to write facts to, and views that follow it, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection

from domain.events.recorded import AnyEvent, Recorded
from domain.vocabulary import AccountId
from infrastructure.following.checkpoints import applied
from infrastructure.following.subscription import follow
from infrastructure.postgres.connections import connect
from infrastructure.projecting.view_table import HOME, ViewTable
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from projections.publishing.cloud_events import owner_named_by
from projections.publishing.public_events import PUBLIC_EVENTS
from projections.view import View
from tests.support.facts import history, recorded
from tests.support.waiting import until

EVENTS = EventLog(RecordMapper())


class Log:
    """Writes facts as a process of the API does, and looks at what became of them."""

    def __init__(self, url: str, store: PostgresEventStore, connection: AsyncConnection) -> None:
        self.url, self.connection = url, connection
        self.store = store

    async def append(self, *facts: Recorded) -> int:
        """Record these facts; return the position of the last."""
        return (await self.store.append(facts))[-1]

    async def happened(self, *events: AnyEvent, stream: UUID | None = None) -> UUID:
        """Record these events as all that happened to one stream."""
        stream = stream or uuid4()
        await self.append(*history(*events, stream=stream))
        return stream

    async def append_to(self, stream: UUID, event: AnyEvent, *, version: int) -> int:
        return await self.append(recorded(event, stream=stream, version=version))

    async def end(self) -> int:
        return await EVENTS.end(self.connection)

    async def facts(self) -> list[Recorded]:
        """Return the whole log."""
        entries = await EVENTS.between(self.connection, 0, await self.end())
        return [entry for entry in entries if isinstance(entry, Recorded)]

    async def public(self) -> list[tuple[AccountId | None, Recorded]]:
        """Return all of the log that the public is told of, and whose it is."""
        owners: dict[UUID, AccountId | None] = {}
        found = []
        for fact in await self.facts():
            owner = owners.setdefault(fact.originator_id, owner_named_by(fact))
            if type(fact.event) in PUBLIC_EVENTS:
                found.append((owner, fact))
        return found

    async def rows(self, view: View[Any], *, schema: str = HOME) -> list[Any]:
        """Return all rows of a view, in the order of its key."""
        table = ViewTable(view, schema)
        cursor = await self.connection.execute(
            f"SELECT coalesce(json_agg(t ORDER BY {', '.join(table.primary_key)}), '[]')::text"  # noqa: S608 - names are ours
            f" FROM (SELECT {', '.join(table.columns)} FROM {schema}.{view.name}) t"
        )
        found = await cursor.fetchone()
        assert found
        return table.decode(found[0])

    async def caught_up(self, view: View[Any], *, within: float = 30.0) -> None:
        """Return once the view has applied all there is."""
        end = await self.end()

        async def there() -> bool:
            return await applied(self.connection, view.name) >= end

        await until(there, within=within)

    async def folded(self, view: View[Any], *, batch: int = 100) -> None:
        """Bring the view up to date here and now, without a projector."""
        writer = ViewWriter(view, EVENTS)
        await self.connection.execute(
            "INSERT INTO notification_tracking VALUES (%s, 0) ON CONFLICT DO NOTHING", (view.name,)
        )
        position = await applied(self.connection, view.name)
        end = await self.end()
        while await applied(self.connection, view.name) < end:
            position = await writer.advance(self.connection, position, limit=batch)


@asynccontextmanager
async def open_log(url: str) -> AsyncIterator[Log]:
    store = PostgresEventStore(partial(connect, url, name="test store"), RecordMapper())
    async with await connect(url, name="test") as connection:
        try:
            yield Log(url, store, connection)
        finally:
            await store.close()


@asynccontextmanager
async def following(url: str, *views: View[Any]) -> AsyncIterator[None]:
    """Projectors of these views run inside the block."""
    runners = [
        asyncio.create_task(follow(url, view.name, partial(ViewWriter, view, EVENTS)))
        for view in views
    ]
    try:
        yield
    finally:
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
