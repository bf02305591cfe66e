"""Pages of the occurrences of a series: past, open and upcoming."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from application.parts import ApiParts
from domain.record import Record
from domain.recurrence.recurrence import occurrences
from domain.series import Series
from domain.values.occurrence import occurrence_due
from domain.values.schedule import Anchor
from domain.vocabulary import TaskId
from interfaces.http.protocol.paging import decode_cursor
from projections.cursor import write_cursor
from projections.views.tasks.occurrences import OccurrenceRow, OccurrenceState, of_series

MAX_UPCOMING = 100


class OccurrenceBody(Record):
    """`local` is the wall time that names the occurrence, `utc` the same instant in UTC, and
    `due_at` or `due_on` when its task is due, which differs if it was moved. An occurrence of a
    series of days has no instant."""

    local: datetime
    utc: datetime | None
    due_at: datetime | None
    due_on: date | None
    state: OccurrenceState
    task_id: TaskId | None


class OccurrencePage(Record):
    """`next_cursor` is None on the last page."""

    items: Sequence[OccurrenceBody]
    next_cursor: str | None = None


async def occurrence_page(
    parts: ApiParts, series_id: UUID, *, upcoming: int, limit: int, cursor: str | None
) -> OccurrencePage:
    search = f"{series_id} {upcoming}"
    last = decode_cursor(cursor, search, datetime)
    after: datetime | None = last[0] if last else None
    rows = await parts.queries.run(of_series, series_id, after=after, limit=limit + 1)
    found = [_shown(row) for row in rows]
    if len(found) <= limit:
        series = await parts.commands.current_state(Series(), series_id)
        found += [
            ahead for ahead in _ahead(series, upcoming) if after is None or ahead.local > after
        ]
    if len(found) <= limit:
        return OccurrencePage(items=found)
    items = found[:limit]
    return OccurrencePage(items=items, next_cursor=write_cursor(search.encode(), [items[-1].local]))


def _shown(row: OccurrenceRow) -> OccurrenceBody:
    made = None if row.state is OccurrenceState.MISSED else row.task_id
    return OccurrenceBody(
        local=row.occurrence,
        utc=row.resolved_at,
        due_at=row.due_at,
        due_on=row.due_on,
        state=row.state,
        task_id=made,
    )


def _ahead(series: Series, most: int) -> Sequence[OccurrenceBody]:
    """Return upcoming occurrences; a series that counts from completion has none."""
    schedule = series.schedule
    if not series.running or schedule.anchor is Anchor.COMPLETION:
        return []
    ahead = islice(occurrences(schedule.recurrence, series.last_generated), most)
    return [
        OccurrenceBody(
            local=at,
            utc=due.due_at,
            due_at=due.due_at,
            due_on=due.due_on,
            state=OccurrenceState.UPCOMING,
            task_id=None,
        )
        for at, due in ((at, occurrence_due(schedule, at)) for at in ahead)
    ]
