"""How far a reader of the log is behind: the one way it is computed."""

from datetime import UTC, datetime

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.store.event_log import EventLog, Page, distance


class Lag(Record):
    """What a reader has yet to read.

    `events` counts positions of the log up to its settled end: a position that an append drew
    in vain counts too, those between two histories of the database do not. `seconds` is the age
    of the oldest unread event, 0 where there is none.
    """

    events: int = 0
    seconds: float = 0.0


async def lag_behind(
    connection: AsyncConnection, log: EventLog, position: int, *, end: int | None = None
) -> Lag:
    """Return the lag of a reader at `position`; `end` is the log's settled end, if known."""
    if end is None:
        end = await log.end(connection)
    if position >= end:
        return Lag()
    page = await log.read(connection, position, limit=1)
    while not page.entries and page.horizon < end:  # an event of somebody else's application
        page = await log.read(connection, page.horizon, limit=100)
    events = await distance(connection, position, end)
    return Lag(events=events, seconds=_age_seconds(page))


def _age_seconds(page: Page) -> float:
    oldest = page.entries[0] if page.entries else None
    if not isinstance(oldest, Recorded):
        return 0.0  # nothing but empty positions, or an event whose time cannot be read
    return max(0.0, (datetime.now(UTC) - oldest.recorded_at).total_seconds())
