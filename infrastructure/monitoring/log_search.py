"""Finds events of the log by type, actor, stream or correlation, without an index for each."""

from typing import Any

from psycopg import AsyncConnection

from application.operations.port import LogEntry, LogPage, LogQuery
from domain.events.recorded import Recorded
from infrastructure.store.event_log import EventLog, Undecodable, topic
from infrastructure.store.mapper import IS_FOREIGN

# Events that one page looks at. A page of a rare type may be empty and go on at its position.
MOST_SCANNED = 5_000


async def search_log(connection: AsyncConnection, log: EventLog, query: LogQuery) -> LogPage:
    """Return a page of events without their data. It ends at the settled end of the log.

    Raises:
        psycopg.OperationalError: the database does not answer in time.
    """
    end = await log.end(connection)
    ascending = query.after is not None
    order = "ASC" if ascending else "DESC"
    values: dict[str, Any] = {
        "low": query.after or 0,
        "high": end if query.before is None else min(end, query.before - 1),
        "stream": query.stream,
        "type": query.type,
        "scanned": MOST_SCANNED,
        "limit": query.limit,
    }
    of_stream = "" if query.stream is None else " AND originator_id = %(stream)s"
    conditions = [f"NOT {IS_FOREIGN}"]
    if query.type is not None:
        conditions.append("topic = %(type)s")
    for name in ("actor", "correlation_id"):
        if (wanted := getattr(query, name)) is not None:
            # As bytes: a quote inside of text is escaped, so this is no part of a text.
            values[name] = f'"{name}":"{wanted}"'.encode()
            conditions.append(f"position(%({name})s::bytea in state) > 0")
    scanned = (
        "SELECT notification_id, originator_id, originator_version, topic, state"  # noqa: S608
        " FROM stored_events WHERE notification_id > %(low)s AND notification_id <= %(high)s"
        f"{of_stream} ORDER BY notification_id {order} LIMIT %(scanned)s"
    )
    found = await connection.execute(
        f"SELECT * FROM ({scanned}) scanned WHERE {' AND '.join(conditions)}"  # noqa: S608 - ours
        f" ORDER BY notification_id {order} LIMIT %(limit)s",
        values,
        binary=True,
    )
    items = [_entry(log.decode(*row)) for row in await found.fetchall()]
    if len(items) == query.limit:
        return LogPage(items=items, position=items[-1].position)
    extent = await connection.execute(
        "SELECT count(*), min(notification_id), max(notification_id)"  # noqa: S608 - ours
        f" FROM ({scanned}) scanned",
        values,
    )
    count, first, last = await extent.fetchone() or (0, None, None)
    if ascending:
        return LogPage(
            items=items, position=last if count == MOST_SCANNED else max(end, values["low"])
        )
    return LogPage(items=items, position=first if count == MOST_SCANNED else None)


def _entry(entry: Recorded | Undecodable) -> LogEntry:
    error = entry.error if isinstance(entry, Undecodable) else None
    known = None if isinstance(entry, Undecodable) else entry
    return LogEntry(
        position=entry.position,
        type=topic(entry),
        stream=entry.originator_id,
        version=entry.originator_version,
        recorded_at=None if known is None else known.recorded_at,
        actor=None if known is None else known.actor,
        correlation_id=None if known is None else known.correlation_id,
        causation_id=None if known is None else known.causation_id,
        error=error,
    )
