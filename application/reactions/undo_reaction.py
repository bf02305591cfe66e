"""The commands that finish an undo: of large changes, and of what reactions recorded meanwhile."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, get_args
from uuid import UUID

from application.command import Command
from application.reactions.reaction import LoadState
from application.undo.past_change import BEFORE_ALL, load_histories
from application.undo.put_back import UndoStep, put_back
from domain.events.event import Event
from domain.events.occurrences import TaskOccurrenceGenerated, TaskSkipped, TaskUnskipped
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderMissed, ReminderTriggered
from domain.events.requests import ChangeUndoContinued, ChangeUndone
from domain.events.series import (
    SeriesEvent,
    SeriesOccurrencesMade,
    SeriesSplit,
    SeriesStarted,
)
from domain.events.tasks import TaskCompleted, TaskCreated, TaskEvent, TaskReopened
from domain.record import Record
from domain.values.streams import undo_stream

STREAMS_AT_ONCE = 200


class TouchedStreams(Record):
    """Streams that a change touched, in the order of the log. `then` is the log position beyond
    which there may be others; None: there are none."""

    streams: Sequence[UUID]
    then: int | None


class ChangeLog(Protocol):
    """The log, as an undo reads it."""

    async def history(self, stream: UUID, /) -> Sequence[Recorded]:
        """Return the events of a stream, in order."""
        ...

    async def touched(
        self, change_id: UUID, /, *, after: int, until: int, most: int
    ) -> TouchedStreams:
        """Return streams that a change touched beyond one position and up to another."""
        ...


# What no reaction records because of a change: these are most of the events, and are not looked at.
_BY_PEOPLE = frozenset(
    (
        TaskCreated,
        TaskCompleted,
        TaskReopened,
        TaskSkipped,
        TaskUnskipped,
        SeriesStarted,
        SeriesSplit,
    )
)
_BY_THE_CLOCK = frozenset((ReminderTriggered, ReminderMissed))
# The task of an occurrence is looked at with its series.
_NOT_FOLLOWING = _BY_PEOPLE | _BY_THE_CLOCK | {TaskOccurrenceGenerated}
_FOLLOWING = tuple(
    event for event in (*get_args(TaskEvent), *get_args(SeriesEvent)) if event not in _NOT_FOLLOWING
)


class FinishUndo:
    """Puts back the rest of a large change piece by piece, and takes back what a reaction recorded
    because of a change while or after that was undone.

    An undo reads what the change recorded up to a position. What reactions record later is found in
    the log: before the undo when the undo is seen, after it when the event is.
    """

    name: ClassVar[str] = "finish_undo"
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        ChangeUndone,
        ChangeUndoContinued,
        *_FOLLOWING,
    )

    def __init__(self, log: ChangeLog) -> None:
        self._log = log

    async def select(
        self, facts: Sequence[Recorded], _current_state: LoadState
    ) -> Sequence[Recorded]:
        """Leave out what people did themselves, but for their undos."""
        return [fact for fact in facts if _is_undo(fact) or _follows_from_a_change(fact)]

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event = recorded.event
        if isinstance(event, ChangeUndone | ChangeUndoContinued):
            history = await self._log.history(recorded.originator_id)
            undone = _last_undone(history)
            if undone is None or await self._in_force(undone) is None:
                return []
            return [
                *(await self._meanwhile(undone) if isinstance(event, ChangeUndone) else ()),
                *(await self._next_piece(undone, event.after) if event.after is not None else ()),
            ]
        if recorded.change_id is None or not _follows_from_a_change(recorded):
            return []
        # Also what this reaction put back itself: the undo it belongs to may be undone by now.
        undone = _last_undone(await self._log.history(undo_stream(recorded.change_id)))
        if undone is None or undone.position > recorded.position:
            return []  # or the undo is seen later, and finds this event
        if await self._in_force(undone) is None:
            return []
        streams = [recorded.originator_id]
        if isinstance(event, SeriesOccurrencesMade):
            streams += [each.task_id for each in event.made]
        return await self._put_back(undone, streams)

    async def _in_force(self, undone: Recorded) -> Recorded | None:
        """Return the undo, None if it was undone itself."""
        if undone.change_id is None:
            return undone
        again = _last_undone(await self._log.history(undo_stream(undone.change_id)))
        return undone if again is None or await self._in_force(again) is None else None

    async def _meanwhile(self, undone: Recorded) -> Sequence[Command[Any]]:
        event = undone.event
        if not isinstance(event, ChangeUndone):
            return []
        found = await self._log.touched(
            event.change_id, after=event.seen, until=undone.position, most=STREAMS_AT_ONCE
        )
        return await self._put_back(undone, found.streams)

    async def _put_back(self, undone: Recorded, streams: Sequence[UUID]) -> Sequence[Command[Any]]:
        event = undone.event
        if not isinstance(event, ChangeUndone) or not streams:
            return []
        histories = await load_histories(self._log.history, streams)
        return [put_back(event.change_id, event.account_id, histories, beyond=event.seen)]

    async def _next_piece(self, undone: Recorded, after: int) -> Sequence[Command[Any]]:
        event = undone.event
        if not isinstance(event, ChangeUndone):
            return []
        found = await self._log.touched(
            event.change_id, after=after, until=event.seen, most=STREAMS_AT_ONCE
        )
        histories = await load_histories(self._log.history, found.streams)
        # A stream that was put back before is touched twice by the change.
        left = {
            stream: history
            for stream, history in histories.items()
            if all(each.change_id != undone.change_id for each in history)
        }
        step = UndoStep(undone_by=undone.change_id, after=after, then=found.then)
        return [put_back(event.change_id, event.account_id, left, beyond=BEFORE_ALL, step=step)]


def _is_undo(recorded: Recorded) -> bool:
    return isinstance(recorded.event, ChangeUndone | ChangeUndoContinued)


def _follows_from_a_change(recorded: Recorded) -> bool:
    return recorded.change_id is not None and recorded.actor.startswith("system:")


def _last_undone(history: Sequence[Recorded]) -> Recorded | None:
    undone = [each for each in history if isinstance(each.event, ChangeUndone)]
    return undone[-1] if undone else None
