"""Sentences about a change and about single events."""

from collections.abc import Mapping, Sequence

from projections.words.event_words import EVENT_WORDS, FOLLOWING
from projections.words.language import Language

MOST_ACTIONS = 3  # that a sentence names
_UNKNOWN = ("Changed {}", "{} geändert")
_UNDID = ("Undid: {}", "Rückgängig: {}")
_REDID = ("Redid: {}", "Wiederhergestellt: {}")
_AND = (", ", ", ")


def change_words(
    actions: Mapping[str, int],
    titles: Sequence[str],
    tasks: int,
    language: Language,
    *,
    undo: bool = False,
) -> str:
    """Return what a change did, such as `Completed “Pay the rent”` or `Deleted 12 tasks`.

    `actions` counts its events by tag, `tasks` are its task streams, and `titles` those of some.
    """
    named = [tag for tag in EVENT_WORDS if tag in actions and tag not in FOLLOWING]
    named = named or [tag for tag in EVENT_WORDS if tag in actions] or list(actions)
    phrases = [
        # Of a recurring task, the next is made with it: what was done to one was not done to both.
        _phrase(tag, _things(titles, min(actions[tag], tasks), language), language)
        for tag in named[:MOST_ACTIONS]
    ]
    said = _capital(_AND[language].join(dict.fromkeys(phrases)))
    return undid_words(said, language) if undo else said


def undid_words(said: str, language: Language, *, again: bool = False) -> str:
    """Return the sentence of an undo, given the one of what was undone or done by it; `again`: of
    a redo, given the one of what was done again."""
    return (_REDID if again else _UNDID)[language].replace("{}", said)


def event_words(action: str, thing: str, language: Language) -> str:
    """Return what an event did to a `thing`, such as `Completed the task`."""
    return _capital(_phrase(action, thing, language))


def the_thing(kind: str, language: Language) -> str:
    """Return how a sentence names what a stream is about: `the task`, `die Aufgabe`."""
    return _THINGS.get(kind, _THINGS["task"])[language]


_THINGS: Mapping[str, tuple[str, str]] = {
    "task": ("the task", "die Aufgabe"),
    "series": ("the series", "die Serie"),
    "list": ("the list", "die Liste"),
}


def _phrase(action: str, thing: str, language: Language) -> str:
    return EVENT_WORDS.get(action, _UNKNOWN)[language].replace("{}", thing)


def _things(titles: Sequence[str], tasks: int, language: Language) -> str:
    if tasks > 1:
        return (f"{tasks} tasks", f"{tasks} Aufgaben")[language]
    if titles:
        return (f"“{titles[0]}”", f"„{titles[0]}“")[language]
    return ("a task", "eine Aufgabe")[language]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
