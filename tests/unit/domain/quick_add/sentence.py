"""A sentence with what it means, as the tables of quick add write it."""

from datetime import UTC, datetime

from domain.quick_add.draft import Draft
from domain.quick_add.reading import read_draft
from domain.record import Record
from domain.recurrence.local_time import wall_clock, zone

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


class Meaning(Record):
    """The fields of a draft; `due` is a day or a wall time."""

    title: str
    due: str | None = None
    rule: str | None = None
    tags: str = ""
    priority: str | None = None
    reminders: str = ""
    list_name: str | None = None
    estimate: str | None = None


class Sentence(Record):
    text: str
    meaning: Meaning


def says(text: str, title: str, due: str | None = None, rule: str | None = None,
         *, tags: str = "", priority: str | None = None, reminders: str = "",
         list_name: str | None = None, estimate: str | None = None) -> Sentence:  # fmt: skip
    meaning = Meaning(
        title=title,
        due=due,
        rule=rule,
        tags=tags,
        priority=priority,
        reminders=reminders,
        list_name=list_name,
        estimate=estimate,
    )
    return Sentence(text=text, meaning=meaning)


def title_only(text: str) -> Sentence:
    return says(text, text)


def meaning_of(draft: Draft) -> Meaning:
    due = draft.due_on.isoformat() if draft.due_on else None
    if draft.due_at is not None:
        due = f"{wall_clock(draft.due_at, zone(draft.timezone)):%Y-%m-%dT%H:%M}"
    return Meaning(
        title=draft.title,
        due=due,
        rule=draft.rule,
        tags=" ".join(draft.tags),
        priority=draft.priority,
        reminders=" ".join(draft.reminders),
        list_name=draft.list_name,
        estimate=draft.estimate,
    )


def read(text: str, now: datetime = NOW, *, language: str | None = None) -> Draft:
    return read_draft(text, now, ZONE, language=language)
