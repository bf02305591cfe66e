"""What a notification says, and in which language."""

from pathlib import Path

import pytest
from jinja2 import meta
from msgspec.structs import replace

from application.channels import DeliveryFailed, Facts
from infrastructure.channels import texts
from infrastructure.channels.texts import render, templates
from tests.unit.channels.deliveries import reminder

TEMPLATES = Path(texts.__file__).parent / "templates"


def test_a_reminder_says_what_is_due_and_when() -> None:
    text = render(reminder())
    assert text.subject == "Reminder: Water the plants"
    assert text.paragraphs == ("“Water the plants” is due Sunday, 8 March 2026, 09:00.",)


@pytest.mark.parametrize("language", ["de", "DE", "de-AT"])
def test_a_language_is_spoken(language: str) -> None:
    assert render(reminder(language=language)).subject == "Erinnerung: Water the plants"


@pytest.mark.parametrize("language", ["xx", "", "../de", "frames"])
def test_a_language_without_templates_reads_as_english(language: str) -> None:
    assert render(reminder(language=language)).language == "en"


@pytest.mark.parametrize("kind", ["task.eaten", "../frames/en", ""])
def test_an_unknown_kind_reads_as_a_notice(kind: str) -> None:
    assert render(reminder(kind=kind)).subject == "Water the plants"


def test_every_language_says_every_kind() -> None:
    assert kinds("en") == kinds("de")
    assert len(kinds("en")) >= 8


@pytest.mark.parametrize("kind", sorted(path.stem for path in (TEMPLATES / "en").glob("*.txt")))
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_title_is_enough_to_say_something(kind: str, language: str) -> None:
    text = render(reminder(kind=kind, language=language))
    assert text.language == language
    assert text.subject
    assert text.paragraphs
    assert all((text.action, text.unsubscribe, text.footer))


def test_a_missing_fact_is_a_failure_that_stays() -> None:
    with pytest.raises(DeliveryFailed, match="lacks a fact") as refusal:
        render(replace(reminder(), facts={}))
    assert refusal.value.permanent


@pytest.mark.parametrize("title", ["Water\r\nBcc: eve@example.org", "Water\nthem", "Water\0"])
def test_a_title_with_a_line_break_is_refused(title: str) -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        render(reminder(title=title))
    assert refusal.value.permanent


@pytest.mark.parametrize("title", ["Water\u2028them", "Water\x85them", "Water\u2029them"])
def test_a_break_only_typesetters_know_becomes_a_space(title: str) -> None:
    assert render(reminder(title=title)).subject == "Reminder: Water them"


def test_titles_are_no_templates() -> None:
    assert render(reminder(title="{{ 7 * 7 }}")).subject == "Reminder: {{ 7 * 7 }}"


def kinds(language: str) -> set[str]:
    return {path.name for path in (TEMPLATES / language).glob("*.txt")}


def test_a_digest_says_how_much_there_is_and_what() -> None:
    facts = {"title": "Digest", "count": "2", "text": "Water the plants\n\nFeed the cat"}
    text = render(replace(reminder(kind="digest"), facts=facts))
    assert text.subject == "2 things to tell you"
    assert text.paragraphs[1:] == ("Water the plants", "Feed the cat")


def test_every_variable_of_a_template_is_a_documented_fact() -> None:
    variables = set()
    for path in TEMPLATES.glob("??/*.txt"):
        tree = templates.parse(path.read_text())
        variables |= meta.find_undeclared_variables(tree)
    assert {"title", "due_local", "text", "count"} <= variables
    assert variables <= Facts.__annotations__.keys()
