"""Every list of tasks: one row per list, deleted ones included."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.lists import (
    ListArchived,
    ListCreated,
    ListDeleted,
    ListEvent,
    ListMoved,
    ListRenamed,
    ListRestored,
    ListUnarchived,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, ListId, SeriesId, TaskId
from projections.rows import columns, fetch
from projections.view import Key

MAX_LISTS = 1_000  # that are shown


class ListRow(Record):
    id: ListId
    owner: AccountId
    name: str
    position: float
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None
    version: int


class Lists:
    name: ClassVar[str] = "lists"
    row: ClassVar[type[Record]] = ListRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(ListEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: ListRow | None, recorded: Recorded) -> ListRow | None:
        event, at = cast(ListEvent, recorded.event), recorded.recorded_at
        if isinstance(event, ListCreated):
            return ListRow(
                id=ListId(recorded.originator_id),
                owner=event.owner,
                name=event.name,
                position=event.position,
                created_at=at,
                updated_at=at,
                archived_at=None,
                deleted_at=None,
                version=recorded.originator_version,
            )
        if row is None:
            return None  # the event that created it was set aside: there is nothing to change
        changed = _changed(event, at) | {"updated_at": at, "version": recorded.originator_version}
        return replace(row, **changed)


def _changed(event: ListEvent, at: datetime) -> dict[str, Any]:
    """Return the fields that `event` changes, with their new values."""
    match event:
        case ListRenamed(name=name):
            return {"name": name}
        case ListMoved(position=position):
            return {"position": position}
        case ListArchived(archived_at=then):
            return {"archived_at": at if then is UNSET else then}
        case ListUnarchived():
            return {"archived_at": None}
        case ListDeleted(deleted_at=then):
            return {"deleted_at": at if then is UNSET else then}
        case ListRestored():
            return {"deleted_at": None}
        case ListCreated():
            return {}
        case _:
            assert_never(event)


class TaskCount(Record):
    """How many tasks of a list are open, and how many there are in all but deleted ones."""

    list_id: ListId
    open_tasks: int
    tasks: int


async def of_owner(
    connection: AsyncConnection, owner: UUID, *, archived: bool | None = False
) -> Sequence[ListRow]:
    """Return the lists of an account in their order, at most `MAX_LISTS`.

    `archived`: only those (True), only the others (False), or both (None).
    """
    return await fetch(
        connection,
        ListRow,
        f"SELECT {columns(ListRow)} FROM lists WHERE owner = %(owner)s AND deleted_at IS NULL"  # noqa: S608 - columns are ours
        " AND (%(archived)s::boolean IS NULL OR (archived_at IS NOT NULL) = %(archived)s)"
        f" ORDER BY position, created_at, id LIMIT {MAX_LISTS}",
        {"owner": owner, "archived": archived},
    )


async def count(connection: AsyncConnection, owner: UUID, *, most: int) -> int:
    """Return how many lists the owner has, archived ones included, or `most` if there are more."""
    cursor = await connection.execute(
        "SELECT count(*) FROM ("
        " SELECT FROM lists WHERE owner = %s AND deleted_at IS NULL LIMIT %s) few",
        (owner, most),
    )
    [(found,)] = await cursor.fetchall()
    return int(found)


async def count_tasks(
    connection: AsyncConnection, owner: UUID, lists: Sequence[UUID]
) -> Sequence[TaskCount]:
    """Return how many tasks these lists of an account have; one without tasks is left out."""
    return await fetch(
        connection,
        TaskCount,
        "SELECT list_id, count(*) FILTER (WHERE status = 'open') AS open_tasks, count(*) AS tasks"
        " FROM task_list WHERE list_id = ANY(%s) AND owner = %s AND deleted_at IS NULL"
        " GROUP BY list_id",
        [list(lists), owner],
    )


async def tasks_in(connection: AsyncConnection, list_id: UUID) -> Sequence[TaskId]:
    """Return the ids of the tasks of a list that are not deleted."""
    found = await _ids(connection, "task_list", "deleted_at IS NULL", list_id)
    return [TaskId(each) for each in found]


async def series_in(connection: AsyncConnection, list_id: UUID) -> Sequence[SeriesId]:
    """Return the ids of the series whose occurrences come into a list."""
    return [SeriesId(each) for each in await _ids(connection, "series_list", "true", list_id)]


async def _ids(
    connection: AsyncConnection, view: str, condition: str, list_id: UUID
) -> Sequence[UUID]:
    cursor = await connection.execute(
        f"SELECT id FROM {view} WHERE list_id = %s AND {condition} ORDER BY id",  # noqa: S608 - ours
        [list_id],
    )
    return [row[0] for row in await cursor.fetchall()]
