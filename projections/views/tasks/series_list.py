"""Every series and when its next occurrence is due: one row per series."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict, replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesEvent,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesRestored,
    SeriesSplit,
    SeriesStarted,
)
from domain.record import Record
from domain.values.schedule import Anchor, Materialization, MissedPolicy, Schedule
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import AccountId, ListId, Priority, SeriesId
from projections.rows import FetchedPage, RowPosition, columns, fetch_page
from projections.view import Key


class SeriesRow(Record):
    """`start`, `excluded` and `latest` (the last occurrence generated or missed) are wall times;
    `next_due` is the instant of the first occurrence not generated yet, if it is known."""

    id: SeriesId
    owner: AccountId
    title: str
    description: str
    priority: Priority
    tags: tuple[str, ...]
    reminders: tuple[str, ...]
    rule: str
    start: datetime
    timezone: str
    excluded: tuple[datetime, ...]
    anchor: Anchor
    ahead: Materialization
    missed: MissedPolicy
    latest: datetime
    made: int
    next_due: datetime | None
    continues: SeriesId | None
    following: SeriesId | None
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    version: int
    all_day: bool = False
    estimate: str | None = None
    list_id: ListId | None = None

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            rule=self.rule,
            start=self.start,
            timezone=self.timezone,
            excluded=self.excluded,
            anchor=self.anchor,
            ahead=self.ahead,
            missed=self.missed,
            all_day=self.all_day,
        )


class SeriesList:
    name: ClassVar[str] = "series_list"
    row: ClassVar[type[Record]] = SeriesRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(SeriesEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: SeriesRow | None, recorded: Recorded) -> SeriesRow | None:
        event = cast(SeriesEvent, recorded.event)
        if isinstance(event, SeriesStarted):
            return _started(event, recorded)
        if row is None:
            return None  # the event that started it was set aside: there is nothing to change
        row = replace(row, updated_at=recorded.recorded_at, version=recorded.originator_version)
        match event:
            case SeriesChanged():
                return _changed(row, event)
            case SeriesSplit(following=following):
                return replace(
                    row, following=following, ended_at=recorded.recorded_at, next_due=None
                )
            case SeriesEnded():
                return replace(row, ended_at=recorded.recorded_at, next_due=None)
            case SeriesOccurrencesMade(made=made, kept=kept):
                return replace(
                    row,
                    latest=_latest(row.latest, (*made, *kept)),
                    made=row.made + len(made),
                    next_due=event.next_due,
                )
            case SeriesRestored():
                return _restored(row, event)
            case SeriesOccurrenceMissed(occurrence=occurrence):
                return replace(row, latest=max(row.latest, occurrence))
            case SeriesOccurrenceSkipped() | SeriesOccurrenceRestored():
                return row
            case SeriesStarted():
                return row
            case _:
                assert_never(event)


def _started(event: SeriesStarted, recorded: Recorded) -> SeriesRow:
    return SeriesRow(
        id=SeriesId(recorded.originator_id),
        owner=event.owner,
        **asdict(event.template),
        **asdict(event.schedule),
        latest=_latest(event.first.occurrence, event.made),
        made=1 + len(event.made),
        next_due=event.next_due,
        continues=event.continues,
        following=None,
        started_at=recorded.recorded_at,
        updated_at=recorded.recorded_at,
        ended_at=None,
        version=recorded.originator_version,
    )


def _changed(row: SeriesRow, event: SeriesChanged) -> SeriesRow:
    if event.template is not UNSET:
        row = replace(row, **event.template.given())
    if event.schedule is UNSET or event.first is UNSET or event.next_due is UNSET:
        return row
    return replace(
        row,
        **asdict(event.schedule),
        latest=event.first.occurrence,
        next_due=event.next_due,
        ended_at=None,
    )


def _restored(row: SeriesRow, event: SeriesRestored) -> SeriesRow:
    if event.template is not UNSET:
        row = replace(row, **event.template.given())
    if event.schedule is not UNSET:
        row = replace(row, **asdict(event.schedule))
    given = {
        "latest": event.latest,
        "next_due": event.next_due,
        "ended_at": event.ended_at,
        "following": event.following,
    }
    return replace(row, **{name: value for name, value in given.items() if value is not UNSET})


def _latest(before: datetime, made: Sequence[SeriesTask]) -> datetime:
    return max((entry.occurrence for entry in made), default=before)


async def page(
    connection: AsyncConnection,
    owner: UUID,
    *,
    ended: bool | None = None,
    after: RowPosition | None = None,
    limit: int = 50,
) -> FetchedPage[SeriesRow]:
    """Return a page of at most `limit` series of an owner, the latest first, beyond `after`.

    `ended`: only those that have ended (True) or go on (False); None: both.
    """
    return await fetch_page(
        connection,
        SeriesRow,
        f"SELECT {columns(SeriesRow)} FROM series_list"  # noqa: S608 - columns are ours
        " WHERE owner = %(owner)s"
        " AND (%(ended)s::boolean IS NULL OR (ended_at IS NOT NULL) = %(ended)s)"
        " AND (%(at)s::timestamptz IS NULL OR (started_at, id) < (%(at)s, %(id)s::uuid))"
        " ORDER BY started_at DESC, id DESC LIMIT %(limit)s",
        {
            "owner": owner,
            "ended": ended,
            "at": after[0] if after else None,
            "id": after[1] if after else None,
            "limit": limit + 1,
        },
        limit=limit,
    )


async def to_top_up(
    connection: AsyncConnection, until: datetime, *, after: UUID | None = None, limit: int = 1_000
) -> Sequence[UUID]:
    """Return at most `limit` ids of series that are generated ahead and lack an occurrence due by
    `until`, in the order of the ids, beyond `after`; none of disabled or deleted accounts."""
    cursor = await connection.execute(
        "SELECT id FROM series_list WHERE ahead = 'horizon' AND next_due IS NOT NULL"
        " AND next_due <= %s AND (%s::uuid IS NULL OR id > %s::uuid)"
        " AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = series_list.owner"
        " AND (a.disabled_at IS NOT NULL OR a.deleted_at IS NOT NULL))"
        " ORDER BY id LIMIT %s",
        (until, after, after, limit),
    )
    return [row[0] for row in await cursor.fetchall()]


async def count_open(connection: AsyncConnection, owner: UUID, *, most: int) -> int:
    """Return how many series the owner has that have not ended, or `most` if there are more."""
    cursor = await connection.execute(
        "SELECT count(*) FROM ("
        " SELECT FROM series_list WHERE owner = %s AND ended_at IS NULL LIMIT %s) few",
        (owner, most),
        prepare=True,
    )
    [(found,)] = await cursor.fetchall()
    return int(found)
