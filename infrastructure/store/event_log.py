"""Reads the log in order, without gaps, however many writers are at work."""

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar, Protocol
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.store.mapper import (
    AS_RECORDED,
    IS_FOREIGN,
    KNOWN_TOPICS,
    RecordMapper,
    is_foreign,
    topic_of,
)

# The channel on which writers say, after a commit, that the log has grown.
CHANNEL = "stored_events"


class Undecodable(Record):
    """An event whose stored form today's code cannot read."""

    position: int
    originator_id: UUID
    originator_version: int
    topic: str
    error: str


class Page(Record):
    """A stretch of the log, in order. Read on after `horizon`."""

    entries: Sequence[Recorded | Undecodable]
    horizon: int


class StreamRange(Record):
    """The streams whose ids lie in [low, high); None: there is no such bound."""

    low: UUID | None = None
    high: UUID | None = None


_COLUMNS = "SELECT notification_id, originator_id, originator_version, topic, state"


class EventLog:
    def __init__(self, mapper: RecordMapper) -> None:
        self._mapper = mapper

    async def read(self, connection: AsyncConnection, after: int, *, limit: int = 5_000) -> Page:
        """Return at most `limit` events beyond the position `after`, none ever missed.

        Nothing at or below `horizon` is still being written, so a reader that goes on
        from there sees every event once. `connection` is in autocommit: the database
        function looks for writers first and reads in a newer snapshot. Events that
        applications of others recorded are passed over.
        """
        cursor = await connection.execute(
            f"SELECT notification_id, CASE WHEN NOT {IS_FOREIGN} THEN {AS_RECORDED} END"  # noqa: S608 - the expressions are ours
            " FROM annals_read_log(%s, %s)",
            (after, limit),
            prepare=True,
            binary=True,
        )
        # The last row carries no event, only how far this read can vouch for.
        *events, (floor, _) = await cursor.fetchall()
        last = events[-1][0] if events else after
        entries: Sequence[Recorded | Undecodable]
        try:
            entries = self._mapper.many([state for _, state in events if state is not None])
        except MapperDeserialisationError:
            # One by one, to tell which of them it is.
            between = await self.between(connection, after, last)
            entries = [entry for entry in between if not is_foreign(topic(entry))]
        return Page(entries=entries, horizon=last if len(events) == limit else max(floor, after))

    async def at(
        self, connection: AsyncConnection, positions: Sequence[int]
    ) -> Sequence[Recorded | Undecodable]:
        """Return what stands at these positions, in order."""
        cursor = await connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM stored_events WHERE notification_id = ANY(%s) ORDER BY notification_id",
            (list(positions),),
            binary=True,
        )
        return [self.decode(*row) for row in await cursor.fetchall()]

    async def end(self, connection: AsyncConnection) -> int:
        """Return the position up to which the log is settled."""
        cursor = await connection.execute("SELECT annals_floor()", prepare=True)
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def stream(
        self, connection: AsyncConnection, stream: UUID, *, until: int
    ) -> Sequence[Recorded | Undecodable]:
        """Return what happened to one stream up to the position `until`, in order."""
        cursor = await connection.execute(
            f"{_COLUMNS} FROM stored_events"
            " WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version",
            (stream, until),
        )
        return [self.decode(*row) for row in await cursor.fetchall()]

    async def between(
        self, connection: AsyncConnection, after: int, until: int
    ) -> Sequence[Recorded | Undecodable]:
        """Return what stands beyond `after` up to `until`, which must be settled, in order."""
        cursor = await connection.execute(
            f"{_COLUMNS} FROM stored_events"
            " WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id",
            (after, until),
        )
        return [self.decode(*row) for row in await cursor.fetchall()]

    async def streams(
        self,
        connection: AsyncConnection,
        streams: StreamRange,
        topics: Collection[str],
        *,
        until: int,
    ) -> Sequence[Recorded | Undecodable]:
        """Return what happened to all streams of a range up to the position `until`.

        Each stream is in order. Of events the code knows, only those of `topics`.
        """
        which = (
            "FROM stored_events WHERE notification_id <= %(until)s"
            f" AND (topic = ANY(%(topics)s) OR topic <> ALL(%(known)s)) AND NOT {IS_FOREIGN}"
            + (" AND originator_id >= %(low)s" if streams.low else "")
            + (" AND originator_id < %(high)s" if streams.high else "")
            + " ORDER BY notification_id"
        )
        values = {
            "until": until,
            "topics": list(topics),
            "known": list(KNOWN_TOPICS),
            "low": streams.low,
            "high": streams.high,
        }
        cursor = await connection.execute(f"SELECT {AS_RECORDED} {which}", values, binary=True)
        try:
            return self._mapper.many([state for (state,) in await cursor.fetchall()])
        except MapperDeserialisationError:
            # One by one, to tell which of them it is.
            cursor = await connection.execute(f"{_COLUMNS} {which}", values, binary=True)
            return [self.decode(*row) for row in await cursor.fetchall()]

    async def ranges(
        self, connection: AsyncConnection, *, size: int, until: int
    ) -> Sequence[StreamRange]:
        """Divide all streams into ranges with about `size` events each up to `until`."""
        count = max(1, until // size)
        if count == 1:
            return [StreamRange()]
        share = min(100.0, 100.0 * 200 * count / until)
        cursor = await connection.execute(
            "SELECT originator_id FROM stored_events TABLESAMPLE SYSTEM (%s) ORDER BY 1", (share,)
        )
        sample = [row[0] for row in await cursor.fetchall()]
        cuts = sorted({sample[len(sample) * n // count] for n in range(1, count) if sample})
        return [
            StreamRange(low=low, high=high)
            for low, high in zip([None, *cuts], [*cuts, None], strict=True)
        ]

    def decode(
        self, position: int, stream: UUID, version: int, topic: str, state: bytes
    ) -> Recorded | Undecodable:
        """Return the event of one row of the log, or what is known of it and why it is not one."""
        stored = StoredEvent(stream, version, topic, state)
        try:
            return self._mapper.to_recorded(stored, position)
        except MapperDeserialisationError as error:
            return Undecodable(
                position=position,
                originator_id=stream,
                originator_version=version,
                topic=topic,
                error=str(error),
            )


class EventConsumer(Protocol):
    """Whoever follows the log for some kinds of facts: a view, or a reaction."""

    listens_to: ClassVar[tuple[type[Event], ...]]


class EventFilter:
    """Which entries of the log are a listener's business."""

    def __init__(self, listener: EventConsumer) -> None:
        self._types = frozenset(listener.listens_to)
        self.topics = frozenset(topic_of(event) for event in listener.listens_to)

    def select(self, entries: Iterable[Recorded | Undecodable]) -> list[Recorded | Undecodable]:
        """Return those of its own, and those that nobody knows: they could be anyone's."""
        return [
            entry
            for entry in entries
            if (
                entry.topic in self.topics
                or (entry.topic not in KNOWN_TOPICS and not is_foreign(entry.topic))
                if isinstance(entry, Undecodable)
                else type(entry.event) in self._types
            )
        ]


def topic(entry: Recorded | Undecodable) -> str:
    return entry.topic if isinstance(entry, Undecodable) else topic_of(type(entry.event))
