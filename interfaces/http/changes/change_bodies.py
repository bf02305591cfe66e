"""The JSON of changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.record import Record
from projections.views.audit_trail.changes import MadeChange, StreamKind
from projections.words.change_words import change_words
from projections.words.language import Language


class StreamBody(Record):
    """A task, a series or another entity that the change touched, and the versions of the first and
    last of its events there."""

    id: UUID
    kind: StreamKind
    first_version: int
    last_version: int


class ChangeBody(Record):
    """What one request recorded, together with what followed from it.

    `via`: with a session, with a personal access token (`token_id`), or by undoing the change
    `undoes`; if that was an undo itself, of the change `redoes`. `state` is `undone` while an
    undo of it (`undone_by`) is in force. `actions` counts events by type. `streams` names at most
    1,000 of the `stream_count`. `notifications` were sent because of it, and cannot be unsent.
    """

    id: UUID
    at: datetime
    summary: str
    state: Literal["done", "undone"]
    via: Literal["session", "token", "undo"]
    token_id: UUID | None
    undoes: UUID | None
    redoes: UUID | None
    undone_by: UUID | None
    actions: Mapping[str, int]
    streams: Sequence[StreamBody]
    stream_count: int
    notifications: int
    position: int


class ChangePage(Record):
    items: Sequence[ChangeBody]
    next_cursor: str | None


def change_body(change: MadeChange, language: Language) -> ChangeBody:
    streams = [
        StreamBody(id=stream, kind=each.kind, first_version=each.first, last_version=each.last)
        for stream, each in change.streams.items()
    ]
    tasks = sum(each.kind is StreamKind.TASK for each in streams)
    if change.stream_count > len(streams):
        tasks = change.stream_count
    undo = change.undoes is not None
    return ChangeBody(
        id=change.id,
        at=change.at,
        summary=change_words(change.actions, change.titles, tasks, language, undo=undo),
        state="undone" if change.undone else "done",
        via="undo" if undo else "session" if change.token_id is None else "token",
        token_id=change.token_id,
        undoes=change.undoes,
        redoes=change.redoes,
        undone_by=change.undone_by,
        actions=change.actions,
        streams=streams,
        stream_count=change.stream_count,
        notifications=change.notifications,
        position=change.position,
    )
