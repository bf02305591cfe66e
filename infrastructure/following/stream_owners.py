"""The owner of each stream, as its first event names it."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.vocabulary import AccountId
from infrastructure.store.event_log import EventLog, Undecodable
from projections.publishing.cloud_events import owner_named_by

MAX_STREAMS_CACHED = 200_000  # about 40 MB


class StreamOwners:
    """Remembers owners, which never change, and reads unknown ones from the log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._known: dict[UUID, AccountId | None] = {}

    def forget(self) -> None:
        """Forget all owners: in another history a stream may be missing, or be another's."""
        self._known.clear()

    async def of(
        self, connection: AsyncConnection, entries: Iterable[Recorded | Undecodable]
    ) -> Mapping[UUID, AccountId | None]:
        """Return the owner of every stream these entries belong to.

        None: the stream has no owner, or its first event cannot be read.
        """
        if len(self._known) > MAX_STREAMS_CACHED:
            self._known.clear()
        unknown: set[UUID] = set()
        for entry in entries:
            if isinstance(entry, Recorded) and entry.originator_version == 1:
                self._known[entry.originator_id] = owner_named_by(entry)
            elif entry.originator_id not in self._known:
                unknown.add(entry.originator_id)
        if unknown:
            await self._look_up(connection, unknown)
        return self._known

    async def of_streams(
        self, connection: AsyncConnection, streams: Collection[UUID]
    ) -> Mapping[UUID, AccountId | None]:
        """Return the owner of each of these streams, as `of` does."""
        await self._look_up(connection, {*streams} - self._known.keys())
        return {stream: self._known[stream] for stream in streams}

    async def _look_up(self, connection: AsyncConnection, streams: set[UUID]) -> None:
        cursor = await connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM stored_events WHERE originator_id = ANY(%s) AND originator_version = 1",
            (list(streams),),
            binary=True,
        )
        self._known.update(dict.fromkeys(streams))
        for row in await cursor.fetchall():
            first = self._log.decode(*row)
            if not isinstance(first, Undecodable):
                self._known[first.originator_id] = owner_named_by(first)
