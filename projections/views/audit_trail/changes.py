"""Every change of an account: one row for all that a request recorded, reactions included."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, get_args
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.identity.accounts import AccountEvent
from domain.events.identity.second_factors import SecondFactorEvent
from domain.events.identity.sessions import SessionEvent
from domain.events.lists import ListEvent
from domain.events.notifications import (
    InboxRead,
    NotificationDiscarded,
    NotificationRead,
    NotificationRequested,
    NotificationRetried,
    NotificationUnread,
)
from domain.events.preferences import PreferencesEvent
from domain.events.recorded import Recorded
from domain.events.searches import SavedSearchEvent
from domain.events.series import SeriesEvent
from domain.events.tasks import TaskEvent
from domain.record import Record
from domain.vocabulary import AccountId
from projections.rows import FetchedPage, columns, fetch, fetch_one, fetch_page
from projections.view import Key

MOST_STREAMS = 1_000  # a row names as many; of larger changes it has the number of all


class StreamKind(StrEnum):
    """What a stream is about."""

    TASK = "task"
    SERIES = "series"
    LIST = "list"
    SEARCH = "search"
    PREFERENCES = "preferences"
    ACCOUNT = "account"
    SESSION = "session"
    SECOND_FACTORS = "second_factors"
    NOTIFICATION = "notification"
    INBOX = "inbox"


_MARKS = (NotificationRead, NotificationUnread, NotificationRetried, NotificationDiscarded)
_KINDS: Mapping[type[Event], StreamKind] = {
    **dict.fromkeys(get_args(TaskEvent), StreamKind.TASK),
    **dict.fromkeys(get_args(SeriesEvent), StreamKind.SERIES),
    **dict.fromkeys(get_args(ListEvent), StreamKind.LIST),
    **dict.fromkeys(get_args(SavedSearchEvent), StreamKind.SEARCH),
    **dict.fromkeys(get_args(PreferencesEvent), StreamKind.PREFERENCES),
    **dict.fromkeys(get_args(AccountEvent), StreamKind.ACCOUNT),
    **dict.fromkeys(get_args(SessionEvent), StreamKind.SESSION),
    **dict.fromkeys(get_args(SecondFactorEvent), StreamKind.SECOND_FACTORS),
    **dict.fromkeys(_MARKS, StreamKind.NOTIFICATION),
    InboxRead: StreamKind.INBOX,
}
_KINDS_BY_TAG = {str(event.__struct_config__.tag): kind for event, kind in _KINDS.items()}
# What belongs to no change shares a key, under which there is never a row.
_NO_CHANGE = UUID(int=0)


def kind_of(event: Event) -> StreamKind:
    """Return what the stream of an event is about, if changes name it."""
    return _KINDS[type(event)]


def kind_of_action(tag: str) -> StreamKind | None:
    """Return what the stream of an event with this tag is about, if changes name it."""
    return _KINDS_BY_TAG.get(tag)


class ChangedStream(Record):
    """A stream and the versions of the first and the last event of the change in it. Events of
    other changes may lie between the two."""

    kind: StreamKind
    first: int
    last: int


class ChangeRow(Record):
    """`account` made the change at `at`, with the personal access token `token_id` if there is one.

    `position` is that of its first event, `until` that of its last. `actions` counts its events by
    tag. `undoes` is the change that it undoes. `notifications` were requested because of it.
    """

    id: UUID
    account: AccountId
    at: datetime
    position: int
    until: int
    token_id: UUID | None
    undoes: UUID | None
    actions: dict[str, int]
    streams: dict[UUID, ChangedStream]
    stream_count: int
    notifications: int = 0


class Changes:
    name: ClassVar[str] = "changes"
    row: ClassVar[type[Record]] = ChangeRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = (*_KINDS, NotificationRequested)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = True

    def key(self, recorded: Recorded) -> Key:
        return (recorded.change_id or _NO_CHANGE,)

    def evolve(self, row: ChangeRow | None, recorded: Recorded) -> ChangeRow | None:
        if recorded.change_id is None:
            return None
        row = row or _begun(recorded)
        if row is None:
            return None  # the event of the account was set aside
        until = recorded.position
        if isinstance(recorded.event, NotificationRequested):
            return replace(row, until=until, notifications=row.notifications + 1)
        action = str(type(recorded.event).__struct_config__.tag)
        actions = row.actions | {action: row.actions.get(action, 0) + 1}
        return replace(row, until=until, actions=actions, **_streams(row, recorded))


def _begun(recorded: Recorded) -> ChangeRow | None:
    """Return the row of a change that begins with this event; None: no account recorded it."""
    account = _account_of(recorded.actor)
    if account is None:
        return None
    return ChangeRow(
        id=recorded.change_id or _NO_CHANGE,
        account=account,
        at=recorded.recorded_at,
        position=recorded.position,
        until=recorded.position,
        token_id=recorded.token_id,
        undoes=recorded.causation_id,
        actions={},
        streams={},
        stream_count=0,
    )


@lru_cache(maxsize=4_096)  # an account makes many changes, and parsing an id is half the work
def _account_of(actor: str) -> AccountId | None:
    try:
        return AccountId(UUID(actor))
    except ValueError:
        return None


def _streams(row: ChangeRow, recorded: Recorded) -> dict[str, Any]:
    """Return the fields about streams, with their new values."""
    stream, version = recorded.originator_id, recorded.originator_version
    if known := row.streams.get(stream):
        return {"streams": row.streams | {stream: replace(known, last=version)}}
    count = row.stream_count + 1
    if count > MOST_STREAMS:
        return {"stream_count": count}
    changed = ChangedStream(kind=kind_of(recorded.event), first=version, last=version)
    return {"streams": row.streams | {stream: changed}, "stream_count": count}


class MadeChange(ChangeRow):
    """A change, and what became of it.

    `undone_by` is the latest change that undid it; `undone` says whether that is still in force.
    `redoes` is the change whose undo it undoes. `titles` are those of a few of its tasks, as they
    are now."""

    undone: bool = False
    undone_by: UUID | None = None
    redoes: UUID | None = None
    titles: Sequence[str] = ()


_TITLES = 3
_MOST_TURNS = 100  # of undo and redo of one change, that are looked at
_LATEST_UNDO = "SELECT u.id FROM changes u WHERE u.undoes = {} ORDER BY u.position DESC LIMIT 1"
_SELECT = f"""
SELECT {columns(ChangeRow)},
    (WITH RECURSIVE turns AS (
        SELECT c.id AS id, 0 AS turn
        UNION ALL
        SELECT ({_LATEST_UNDO.format("turns.id")}), turn + 1 FROM turns
            WHERE turns.id IS NOT NULL AND turn < {_MOST_TURNS}
    ) SELECT mod(count(id), 2) = 0 FROM turns) AS undone,
    ({_LATEST_UNDO.format("c.id")}) AS undone_by,
    (SELECT u.undoes FROM changes u WHERE u.id = c.undoes) AS redoes,
    (SELECT coalesce(json_agg(t.title ORDER BY named.place), '[]')
        FROM (SELECT key, row_number() OVER () AS place FROM jsonb_each(c.streams) AS s (key, value)
            WHERE value ->> 'kind' = 'task' LIMIT {_TITLES}) named
        JOIN task_list t ON t.id = named.key::uuid) AS titles
FROM changes c
"""  # noqa: S608 - columns are ours


async def change(connection: AsyncConnection, account: UUID, change_id: UUID) -> MadeChange | None:
    """Return a change of an account, or None: it does not exist, or belongs to another account."""
    return await fetch_one(
        connection,
        MadeChange,
        f"{_SELECT} WHERE id = %s AND account = %s",
        [change_id, account],
        prepare=True,
    )


async def page(
    connection: AsyncConnection,
    account: UUID,
    *,
    task: UUID | None = None,
    before: int | None = None,
    limit: int = 50,
) -> FetchedPage[MadeChange]:
    """Return a page of at most `limit` changes of an account, the latest first.

    `task`: only those that changed this task. `before`: only those that began before this
    position.
    """
    condition = "account = %(account)s"
    values: dict[str, Any] = {"account": account, "most": limit + 1}
    if task is not None:
        condition += (
            " AND id IN (SELECT h.change_id FROM history h"
            " WHERE h.entity_id = %(task)s AND h.entity_type = 'task')"
        )
        values["task"] = task
    if before is not None:
        condition += " AND position < %(before)s"
        values["before"] = before
    return await fetch_page(
        connection,
        MadeChange,
        f"{_SELECT} WHERE {condition} ORDER BY position DESC LIMIT %(most)s",
        values,
        limit=limit,
    )


async def several(
    connection: AsyncConnection, account: UUID, ids: Collection[UUID]
) -> Mapping[UUID, MadeChange]:
    """Return those changes of an account that have these ids."""
    rows = await fetch(
        connection,
        MadeChange,
        f"{_SELECT} WHERE id = ANY(%s) AND account = %s",
        [list(ids), account],
    )
    return {row.id: row for row in rows}
