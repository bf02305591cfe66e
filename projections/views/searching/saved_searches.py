"""Every saved search: one row per search, deleted ones included."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.searches import (
    SavedSearchEvent,
    SearchChanged,
    SearchDeleted,
    SearchRenamed,
    SearchRestored,
    SearchSaved,
)
from domain.record import Record
from domain.vocabulary import AccountId, SearchId
from projections.rows import columns, fetch
from projections.view import Key

MAX_SEARCHES = 1_000  # of an account; the quota is no higher


class SavedSearchRow(Record):
    id: SearchId
    owner: AccountId
    name: str
    filter: dict[str, str]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int


class SavedSearches:
    name: ClassVar[str] = "saved_searches"
    row: ClassVar[type[Record]] = SavedSearchRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(SavedSearchEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: SavedSearchRow | None, recorded: Recorded) -> SavedSearchRow | None:
        event, at = cast(SavedSearchEvent, recorded.event), recorded.recorded_at
        if isinstance(event, SearchSaved):
            return SavedSearchRow(
                id=SearchId(recorded.originator_id),
                owner=event.owner,
                name=event.name,
                filter=event.filter,
                created_at=at,
                updated_at=at,
                deleted_at=None,
                version=recorded.originator_version,
            )
        if row is None:
            return None  # the event that created it was set aside: there is nothing to change
        now = replace(row, updated_at=at, version=recorded.originator_version)
        match event:
            case SearchRenamed(name=name):
                return replace(now, name=name)
            case SearchChanged(filter=wanted):
                return replace(now, filter=wanted)
            case SearchDeleted(deleted_at=then):
                return replace(now, deleted_at=at if then is UNSET else then)
            case SearchRestored():
                return replace(now, deleted_at=None)
            case _:
                assert_never(event)


async def of_owner(connection: AsyncConnection, owner: UUID) -> Sequence[SavedSearchRow]:
    """Return the saved searches of an account, the first saved first."""
    return await fetch(
        connection,
        SavedSearchRow,
        f"SELECT {columns(SavedSearchRow)} FROM saved_searches"  # noqa: S608 - columns are ours
        " WHERE owner = %s AND deleted_at IS NULL"
        f" ORDER BY created_at, id LIMIT {MAX_SEARCHES}",
        [owner],
    )


async def count(connection: AsyncConnection, owner: UUID, *, most: int) -> int:
    """Return how many saved searches the owner has, or `most` if there are more."""
    cursor = await connection.execute(
        "SELECT count(*) FROM ("
        " SELECT FROM saved_searches WHERE owner = %s AND deleted_at IS NULL LIMIT %s) few",
        (owner, most),
    )
    [(found,)] = await cursor.fetchall()
    return int(found)
