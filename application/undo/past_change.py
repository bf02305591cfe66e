"""What a change did, read from the histories of the streams that it touched."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from domain.aggregate import Aggregate
from domain.events.recorded import Recorded
from domain.identity.account import Account
from domain.inbox import InboxState
from domain.notification import Notification
from domain.preferences import Preferences
from domain.saved_search import SavedSearch
from domain.series import Series
from domain.task import Task
from domain.task_list import TaskList
from domain.undo.effect import Effect, effect_of
from domain.undo.inverse import values_of
from domain.undo.outcomes import refusal, stays
from domain.undo.refusals import NotUndoable

Histories: TypeAlias = Mapping[UUID, Sequence[Recorded]]
"""The whole history of each stream, by its id."""

LOADED_AT_ONCE = 8
BEFORE_ALL = -1  # the log position before that of any event
_KINDS: tuple[Aggregate[Any], ...] = (
    Task(),
    Series(),
    TaskList(),
    SavedSearch(),
    Preferences(),
    Notification(),
    InboxState(),
    Account(),
)


async def load_histories(
    load: Callable[[UUID], Awaitable[Sequence[Recorded]]], streams: Collection[UUID]
) -> Histories:
    """Return the histories of these streams, of a few at a time.

    Raises:
        Unavailable: the store cannot be reached.
    """
    found: dict[UUID, Sequence[Recorded]] = {}
    names = list(streams)
    for start in range(0, len(names), LOADED_AT_ONCE):
        some = names[start : start + LOADED_AT_ONCE]
        found |= dict(zip(some, await asyncio.gather(*map(load, some)), strict=True))
    return found


def effects_of(
    change_id: UUID, histories: Histories, *, after: int = BEFORE_ALL
) -> Mapping[UUID, Effect]:
    """Return what the change did to each stream, beyond the log position `after`.

    Raises:
        NotUndoable: it touched something whose changes are not undone.
    """
    return {
        stream: effect_of(
            initial_of(history),
            history,
            lambda each: each.change_id == change_id and each.position > after,
            values_of,
        )
        for stream, history in histories.items()
        if _check_undoable(history, change_id)
    }


def initial_of(history: Sequence[Recorded]) -> Aggregate[Any]:
    """Return the state of a stream before its first event.

    Raises:
        NotUndoable: the stream is of a kind whose changes are not undone.
    """
    for kind in _KINDS:
        if history and type(history[0].event) in kind.event_types:
            return kind
    raise NotUndoable("The stream is of a kind whose changes are not undone.")


def _check_undoable(history: Sequence[Recorded], change_id: UUID) -> bool:
    """Return whether there is anything to undo on the stream.

    Raises:
        NotUndoable: the change recorded an event there that is not undone; it says why.
    """
    own = [each for each in history if each.change_id == change_id]
    for each in own:
        if why := refusal(each.event):
            raise NotUndoable(f"This change is not undone. {why}")
    return not all(map(stays, own))
