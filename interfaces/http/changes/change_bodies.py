"""The JSON of changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.record import Record
from interfaces.http.protocol.execution import preferred_language
from interfaces.http.protocol.paging import converted
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.audit_trail.changes import MadeChange, StreamKind, several
from projections.words.change_words import change_words, undid_words
from projections.words.language import Language


class ChangedStreamBody(Record):
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
    streams: Sequence[ChangedStreamBody]
    stream_count: int
    notifications: int
    position: int


class ChangePage(Record):
    items: Sequence[ChangeBody]
    next_cursor: str | None


async def change_bodies(
    request: AnnalsRequest, changes: Sequence[MadeChange]
) -> Sequence[ChangeBody]:
    """Return the changes in the language of the client's preferences. An undo is named after the
    change that it undoes, a redo after the one that it makes again."""
    language = await preferred_language(request)
    named = {source for each in changes if (source := each.redoes or each.undoes)}
    sources = await request.parts.queries.run(several, request.account_id, named) if named else {}
    return await converted(changes, lambda each: _body(each, sources, language))


def _body(change: MadeChange, sources: Mapping[UUID, MadeChange], language: Language) -> ChangeBody:
    undo = change.undoes is not None
    return ChangeBody(
        id=change.id,
        at=change.at,
        summary=_summary(change, sources, language),
        state="undone" if change.undone else "done",
        via="undo" if undo else "session" if change.token_id is None else "token",
        token_id=change.token_id,
        undoes=change.undoes,
        redoes=change.redoes,
        undone_by=change.undone_by,
        actions=change.actions,
        streams=[
            ChangedStreamBody(
                id=stream, kind=each.kind, first_version=each.first, last_version=each.last
            )
            for stream, each in change.streams.items()
        ],
        stream_count=change.stream_count,
        notifications=change.notifications,
        position=change.position,
    )


def _summary(change: MadeChange, sources: Mapping[UUID, MadeChange], language: Language) -> str:
    source = sources.get(change.redoes or change.undoes or change.id)
    if source is None:
        return own_words(change, language)
    again = change.redoes is not None
    return undid_words(own_words(source, language), language, again=again)


def own_words(change: MadeChange, language: Language) -> str:
    """Return what a change did itself, in words."""
    tasks = sum(each.kind is StreamKind.TASK for each in change.streams.values())
    if change.stream_count > len(change.streams):
        tasks = change.stream_count
    undo = change.undoes is not None
    return change_words(change.actions, change.titles, tasks, language, undo=undo)
