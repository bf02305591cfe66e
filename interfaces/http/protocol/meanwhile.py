"""What happened since somebody last looked: later events, in words and as data."""

from collections.abc import Iterable, Sequence

from application.commands.preferences import PreferencesStream
from domain.events.recorded import Recorded
from interfaces.http.problems.documents import Difference, LaterEvent
from interfaces.http.protocol.execution import read
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.audit_trail.changes import kind_of
from projections.views.audit_trail.history import History, HistoryEntry
from projections.words.change_words import event_words, the_thing
from projections.words.event_words import action_of
from projections.words.language import Language, language_of

MOST_EVENTS = 20  # that a refusal lists: the latest


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
    changes = entry.changes if entry else {}
    return LaterEvent(
        stream=recorded.originator_id,
        kind=kind,
        version=recorded.originator_version,
        type=action,
        at=recorded.recorded_at,
        actor=recorded.actor,
        change_id=recorded.change_id,
        words=event_words(action, the_thing(kind, language), language),
        changes={
            name: Difference(before=each.before, after=each.after) for name, each in changes.items()
        },
    )


async def preferred_language(request: AnnalsRequest) -> Language:
    """Return the language of the client's notification preferences."""
    found = await read(request, PreferencesStream(account_id=request.account_id))
    return language_of(found.state.language)
