"""The view of changes: one row for a request and what reactions made of it."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.events.event import Event
from domain.events.notifications import NotificationRequested
from domain.events.recorded import AnyEvent, Recorded
from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged
from domain.vocabulary import ChannelName
from infrastructure.projecting import view_fold
from projections.views.audit_trail.changes import (
    MOST_STREAMS,
    ChangedStream,
    ChangeRow,
    Changes,
    StreamKind,
)
from projections.words.change_words import change_words, event_words, the_thing
from projections.words.event_words import EVENT_WORDS, action_of
from projections.words.language import Language, language_of
from tests.golden.samples import SAMPLES
from tests.support.facts import ADA, EIGHT, TASK, recorded

CHANGE, UNDO, TOKEN, OTHER = (UUID(int=0xC1), UUID(int=0xC2), UUID(int=0x70), UUID(int=0x71))
CREATED = TaskCreated(owner=ADA, title="Water the plants")


def part(
    event: AnyEvent,
    position: int,
    version: int = 1,
    *,
    stream: UUID = TASK,
    actor: str = str(ADA),
    change: UUID | None = CHANGE,
) -> Recorded:
    fact = recorded(event, version=version, stream=stream, actor=actor, position=position)
    return replace(fact, change_id=change)


def rows(*facts: Recorded) -> list[ChangeRow]:
    return list(view_fold.fold(Changes(), {}, facts).upserts)


def test_a_row_has_all_that_a_request_recorded_and_what_reactions_made_of_it() -> None:
    asked = NotificationRequested(
        account_id=ADA, channel=ChannelName.EMAIL, kind="x", cause=TASK, occurred_at=EIGHT
    )
    [row] = rows(
        part(CREATED, 5),
        part(TaskTagged(tags=("a",)), 6, version=2),
        part(CREATED, 8, stream=OTHER, actor="system:recurrence"),
        part(asked, 9, stream=UNDO, actor="system:tell"),
    )
    assert row == ChangeRow(
        id=CHANGE,
        account=ADA,
        at=EIGHT,
        position=5,
        until=9,
        token_id=None,
        undoes=None,
        actions={"task.created": 2, "task.tagged": 1},
        streams={
            TASK: ChangedStream(kind=StreamKind.TASK, first=1, last=2),
            OTHER: ChangedStream(kind=StreamKind.TASK, first=1, last=1),
        },
        stream_count=2,
        notifications=1,
    )


def test_a_row_says_what_it_undoes_and_with_which_token() -> None:
    fact = replace(part(CREATED, 5, change=UNDO), causation_id=CHANGE, token_id=TOKEN)
    [row] = rows(fact)
    assert (row.undoes, row.token_id) == (CHANGE, TOKEN)


def test_what_our_processes_do_of_themselves_is_no_change_of_an_account() -> None:
    assert rows(part(CREATED, 1, change=None, actor="system:horizon")) == []
    assert rows(part(CREATED, 1, actor="system:horizon")) == []


def test_a_large_change_names_some_of_its_streams_and_counts_all() -> None:
    facts = [part(CREATED, n, stream=UUID(int=n)) for n in range(1, MOST_STREAMS + 3)]
    [row] = rows(*facts)
    assert (len(row.streams), row.stream_count) == (MOST_STREAMS, MOST_STREAMS + 2)


@pytest.mark.parametrize("event", Changes.listens_to, ids=lambda event: event.__name__)
def test_every_event_has_words_in_both_languages(event: type[Event]) -> None:
    tag = str(event.__struct_config__.tag)
    if event is not NotificationRequested:
        english, german = EVENT_WORDS[tag]
        assert english
        assert german not in {"", english}


def test_every_word_is_of_an_event() -> None:
    known = {action_of(sample) for sample in SAMPLES}
    assert set(EVENT_WORDS) <= known


@pytest.mark.parametrize(
    ("actions", "titles", "tasks", "english", "german"),
    [
        ({"task.completed": 1}, ["Pay"], 1, "Completed “Pay”", "„Pay“ erledigt"),
        ({"task.deleted": 12}, ["Pay"], 12, "Deleted 12 tasks", "12 Aufgaben gelöscht"),
        (
            {"reminder.rearmed": 2, "task.rescheduled": 1, "task.updated": 1},
            ["Pay"],
            1,
            "Changed “Pay”, Rescheduled “Pay”",
            "„Pay“ geändert, „Pay“ verschoben",
        ),
        (
            {"task.completed": 1, "task.occurrence_generated": 1, "reminder.set": 1},
            ["Pay", "Pay"],
            2,
            "Completed “Pay”",
            "„Pay“ erledigt",
        ),
        ({"reminder.cancelled": 1}, [], 1, "Cancelled a reminder of a task", None),
        ({"preferences.changed": 1}, [], 0, "Changed the preferences", "Einstellungen geändert"),
    ],
    ids=["one", "many", "several actions", "one of two", "only what follows", "no task"],
)
def test_a_change_is_said_in_words(
    actions: dict[str, int], titles: list[str], tasks: int, english: str, german: str | None
) -> None:
    assert change_words(actions, titles, tasks, Language.ENGLISH) == english
    if german is not None:
        assert change_words(actions, titles, tasks, Language.GERMAN) == german


def test_an_undo_and_a_single_event_are_said_in_words() -> None:
    said = change_words({"task.reopened": 1}, ["{}"], 1, Language.ENGLISH, undo=True)
    assert said == "Undid: Reopened “{}”"
    german = language_of("de-AT")
    thing = the_thing("task", german)
    assert event_words(action_of(TaskCompleted()), thing, german) == "Die Aufgabe erledigt"
