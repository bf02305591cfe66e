"""Reads the log in order and without gaps, however many writers append to it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.postgres.connections import saw
from infrastructure.store.mapper import (
    AS_RECORDED,
    IS_FOREIGN,
    KNOWN_TOPICS,
    RecordMapper,
    is_foreign,
    topic_of,
)

# Writers notify this channel after a commit: the log has grown.
CHANNEL = "stored_events"


class Undecodable(Record):
    """An event whose stored form this code cannot read."""

    position: int
    originator_id: UUID
    originator_version: int
    topic: str
    error: str


class Page(Record):
    """Events of the log in order. The next page begins after the position `horizon`.

    `size` is that of the events as they are stored, in bytes. There are events of these `types` at
    most; None: unknown, because one of them cannot be read.
    """

    entries: Sequence[Recorded | Undecodable]
    horizon: int
    size: int = 0
    types: frozenset[type[Event]] | None = None


class StreamRange(Record):
    """The streams with ids in [low, high); None stands for no bound."""

    low: UUID | None = None
    high: UUID | None = None


async def drawn_positions(connection: AsyncConnection) -> int:
    """Return the highest position that any append has drawn, committed or not."""
    cursor = await connection.execute(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END"
        " FROM stored_events_notification_id_seq"
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def last_committed(connection: AsyncConnection) -> int:
    """Return the highest position that is committed; lower ones may still be written."""
    cursor = await connection.execute(
        "SELECT coalesce(max(notification_id), 0) FROM stored_events", prepare=True
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def distance(connection: AsyncConnection, after: int, until: int) -> int:
    """Return how many positions beyond `after` up to `until` an event may have.

    Where the database began a new history, a stretch of positions was left out.
    """
    if until <= after:
        return 0
    cursor = await connection.execute("SELECT annals_leapt(%s, %s)", (after, until), prepare=True)
    return until - after - int((await cursor.fetchone() or (0,))[0])


async def is_lost(connection: AsyncConnection, position: int) -> bool:
    """Return whether no event has the position, nor ever will.

    Positions that an earlier history of the database gave out are never given out again.
    """
    cursor = await connection.execute(
        "SELECT NOT EXISTS (SELECT FROM stored_events WHERE notification_id = %s) AND"
        " (EXISTS (SELECT FROM database_histories WHERE start >= %s)"
        " OR %s > (SELECT last_value FROM stored_events_notification_id_seq))",
        (position, position, position),
        prepare=True,
    )
    return bool((await cursor.fetchone() or (False,))[0])


_COLUMNS = "SELECT notification_id, originator_id, originator_version, topic, state"


class EventLog:
    def __init__(self, mapper: RecordMapper) -> None:
        self._mapper = mapper

    async def read(self, connection: AsyncConnection, after: int, *, limit: int = 5_000) -> Page:
        """Return at most `limit` events beyond the position `after`, without gaps.

        Nothing at or below `horizon` is still being written, so a reader that goes on
        from there sees every event once. `connection` is in autocommit: the database
        function looks for writers first and reads in a newer snapshot.
        """
        cursor = await connection.execute(
            f"SELECT notification_id, CASE WHEN NOT {IS_FOREIGN} THEN {AS_RECORDED} END"  # noqa: S608 - the expressions are ours
            " FROM annals_read_log(%s, %s)",
            (after, limit),
            prepare=True,
            binary=True,
        )
        events = await cursor.fetchall()
        # The last row, never the floor: positions below the floor that no row has may be given
        # again after a crash.
        last = events[-1][0] if events else after
        saw(connection, last)
        states = [state for _, state in events if state is not None]
        size = sum(map(len, states))
        try:
            facts = self._mapper.many(states)
        except MapperDeserialisationError:
            stretch = await self.between(connection, after, last)  # to find the undecodable one
            entries = [entry for entry in stretch if not is_foreign(topic(entry))]
            return Page(entries=entries, horizon=last, size=size)
        types = frozenset({type(fact.event) for fact in facts})
        return Page(entries=facts, horizon=last, size=size, types=types)

    async def at(
        self, connection: AsyncConnection, positions: Sequence[int]
    ) -> Sequence[Recorded | Undecodable]:
        """Return the entries at these positions, in order."""
        cursor = await connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM stored_events WHERE notification_id = ANY(%s) ORDER BY notification_id",
            (list(positions),),
            binary=True,
        )
        return [self.decode(*row) for row in await cursor.fetchall()]

    async def end(self, connection: AsyncConnection) -> int:
        """Return the position up to which the log is settled."""
        cursor = await connection.execute("SELECT annals_log_end()", prepare=True)
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def last(self, connection: AsyncConnection) -> int:
        """Return the position of the last row, settled or not; 0 where there is none."""
        cursor = await connection.execute("SELECT max(notification_id) FROM stored_events")
        return int((await cursor.fetchone() or (0,))[0] or 0)

    async def before_last(self, connection: AsyncConnection, events: int) -> int:
        """Return the position beyond which the log has at most `events` settled events."""
        cursor = await connection.execute(
            "SELECT notification_id FROM stored_events WHERE notification_id <= %s"
            " ORDER BY notification_id DESC OFFSET %s LIMIT 1",
            (await self.end(connection), events),
        )
        return int((await cursor.fetchone() or (0,))[0])

    async def stream(
        self, connection: AsyncConnection, stream: UUID, *, until: int
    ) -> Sequence[Recorded | Undecodable]:
        """Return the entries of a stream up to the position `until`, in order."""
        cursor = await connection.execute(
            f"{_COLUMNS} FROM stored_events"
            " WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version",
            (stream, until),
        )
        return [self.decode(*row) for row in await cursor.fetchall()]

    async def between(
        self, connection: AsyncConnection, after: int, until: int
    ) -> Sequence[Recorded | Undecodable]:
        """Return the entries beyond `after` up to `until`, which must be settled, in order."""
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
        after: int = 0,
        until: int,
        limit: int | None = None,
    ) -> Sequence[Recorded | Undecodable]:
        """Return the entries of all streams of a range, in order: those beyond the position
        `after` up to `until`, at most `limit`.

        Known topics other than `topics` are left out.
        """
        which = (
            "FROM stored_events WHERE notification_id > %(after)s AND notification_id <= %(until)s"
            f" AND (topic = ANY(%(topics)s) OR topic <> ALL(%(known)s)) AND NOT {IS_FOREIGN}"
            + (" AND originator_id >= %(low)s" if streams.low else "")
            + (" AND originator_id < %(high)s" if streams.high else "")
            + " ORDER BY notification_id LIMIT %(limit)s"
        )
        values = {
            "after": after,
            "limit": limit,
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
            # One by one, to find the undecodable ones.
            cursor = await connection.execute(f"{_COLUMNS} {which}", values, binary=True)
            return [self.decode(*row) for row in await cursor.fetchall()]

    async def ranges(
        self, connection: AsyncConnection, *, size: int, until: int
    ) -> Sequence[StreamRange]:
        """Divide all streams into ranges with about `size` events each up to `until`."""
        events = await distance(connection, 0, until)
        count = max(1, events // size)
        if count == 1:
            return [StreamRange()]
        share = min(100.0, 100.0 * 200 * count / events)
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
        """Return the event of a row of the log, or the error that keeps it from being decoded."""
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


def topic(entry: Recorded | Undecodable) -> str:
    """Return the name under which an entry is stored."""
    return entry.topic if isinstance(entry, Undecodable) else topic_of(type(entry.event))
