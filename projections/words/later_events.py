"""What happened to a stream since somebody last looked: later events, in words and as data."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.events.recorded import Recorded
from domain.record import Record
from projections.views.audit_trail.changes import kind_of
from projections.views.audit_trail.history import Change, History, HistoryEntry
from projections.words.change_words import event_words, the_thing
from projections.words.event_words import action_of
from projections.words.language import Language

MOST_EVENTS = 20  # that a refusal lists: the latest


class LaterEvent(Record):
    """An event that came since: what it did in words, and which fields it changed."""

    stream: UUID
    kind: str
    version: int
    type: str
    at: datetime
    actor: str
    change_id: UUID | None
    words: str
    changes: Mapping[str, Change]


def later_events(
    history: Iterable[Recorded], *, after: int, language: Language
) -> Sequence[LaterEvent]:
    """Return what happened to a stream beyond the version `after`, given its whole history."""
    found: list[LaterEvent] = []
    entry: HistoryEntry | None = None
    for recorded in history:
        has_entry = isinstance(recorded.event, History.listens_to)
        entry = History().evolve(entry, recorded) if has_entry else entry
        if recorded.originator_version > after:
            found.append(_later_event(recorded, entry if has_entry else None, language))
    return found


def _later_event(recorded: Recorded, entry: HistoryEntry | None, language: Language) -> LaterEvent:
    kind, action = kind_of(recorded.event), action_of(recorded.event)
    return LaterEvent(
        stream=recorded.originator_id,
        kind=kind,
        version=recorded.originator_version,
        type=action,
        at=recorded.recorded_at,
        actor=recorded.actor,
        change_id=recorded.change_id,
        words=event_words(action, the_thing(kind, language), language),
        changes=entry.changes if entry else {},
    )
