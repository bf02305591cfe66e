"""Names are terms of the field: no module, class or function bears a private metaphor."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "projections", "infrastructure", "interfaces")

# Each with the term that says it; the list grows with what is renamed.
BANNED = {
    "care": "operations",
    "courier": "worker",
    "discreet": "redacted",
    "discretion": "redaction",
    "doorkeeper": "login sessions",
    "household": "process cluster",
    "knock": "login attempt",
    "letter": "message, delivery or dead letter",
    "neighbour": "running instance",
    "observation": "monitoring",
    "parcel": "delivery",
    "patience": "timeout",
    "purse": "permit cache",
    "rhythm": "pattern",
    "seat": "permit of a concurrency limit",
    "sounding": "metric",
    "sweeper": "requeuer",
    "switchboard": "factory",
    "tally": "counter",
    "tell": "notify, report or publish",
    "telling": "notification",
    "told": "notified, reported or published",
    "verdict": "status policy",
    "wish": "preference, spec or input",
}
# "dead letter" is a term of the field, a letter alone is none of this one.
ALLOWED_PHRASES = ("dead letter",)
BANNED_CLASSES = {"Made": "SeriesTask"}


def words(name: str) -> list[str]:
    """The words of a name in snake_case or CamelCase, in lower case and in the singular."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return [_singular(part.lower()) for part in parts]


def _singular(word: str) -> str:
    for plural, singular in (("ies", "y"), ("shes", "sh")):
        if word.endswith(plural):
            return word.removesuffix(plural) + singular
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


def metaphors(name: str) -> list[str]:
    """The banned words in a name."""
    text = " ".join(words(name))
    for phrase in ALLOWED_PHRASES:
        text = text.replace(phrase, "")
    return [word for word in text.split() if word in {_singular(banned) for banned in BANNED}]


def names(source: Path) -> Iterator[tuple[str, str]]:
    """The name of a module and of everything defined in it, each with where it stands."""
    here = source.relative_to(ROOT)
    yield from ((part, str(here)) for part in here.with_suffix("").parts)
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, f"{here}:{node.lineno}"


def sources() -> list[Path]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(found) > 100
    return found


def test_no_module_class_or_function_bears_a_private_metaphor() -> None:
    wrong = {
        f"{place}: {name}": [BANNED.get(word, word) for word in found]
        for source in sources()
        for name, place in names(source)
        if (found := metaphors(name))
    }
    assert wrong == {}


def test_no_class_has_a_name_that_was_given_up() -> None:
    classes = {
        node.name: f"{source.relative_to(ROOT)}:{node.lineno}"
        for source in sources()
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert {name: classes[name] for name in BANNED_CLASSES.keys() & classes.keys()} == {}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tell_everybody", ["tell"]),
        ("ReminderWishes", ["wish"]),
        ("LetterBuilder", ["letter"]),
        ("DeadLetters", []),
        ("dead_letters_of", []),
        ("HTTPCourier2", ["courier"]),
        ("careful", []),
        ("intelligent", []),
        ("storytelling", []),
    ],
)
def test_a_banned_word_is_found_whole_in_either_way_of_writing(name: str, found: list[str]) -> None:
    assert metaphors(name) == found


def test_no_two_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = {}
    for source in sources():
        for node in ast.parse(source.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(source.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
