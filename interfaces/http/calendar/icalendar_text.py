"""Writes entries as iCalendar (RFC 5545): events or tasks, one component each, without rules."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from domain.vocabulary import Priority
from interfaces.http.calendar.entries import Entry

Kind = Literal["events", "tasks"]

REFRESH = "PT15M"  # how often calendars should look again
MAX_OCTETS = 75  # of a line
LENGTH = "PT30M"  # of an event whose task has no estimate
_PRIORITIES = {Priority.HIGH: 1, Priority.MEDIUM: 5, Priority.LOW: 9}
# What no calendar shows, and what could end a line: all but tab and new line.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def written(entries: Sequence[Entry], kind: Kind) -> bytes:
    """Return a calendar, in UTF-8 with lines of at most 75 octets."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Annals//Annals//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Annals",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for entry in entries:
        lines += _event(entry) if kind == "events" else _todo(entry)
    lines += ["END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def _event(entry: Entry) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    done = "✓ " if entry.completed_at else ""
    yield from _common(entry, f"{done}{entry.title}")
    if entry.due_on is not None:
        yield f"DTSTART;VALUE=DATE:{_day(entry.due_on)}"
        yield f"DTEND;VALUE=DATE:{_day(entry.due_on + timedelta(days=1))}"
    elif entry.due_at is not None:
        yield f"DTSTART:{_moment(entry.due_at)}"
        yield f"DURATION:{entry.estimate or LENGTH}"
    yield "TRANSP:TRANSPARENT"  # a task does not make its owner busy
    yield from _alarms(entry)
    yield "END:VEVENT"


def _todo(entry: Entry) -> Iterator[str]:
    yield "BEGIN:VTODO"
    yield from _common(entry, entry.title)
    if entry.due_on is not None:
        yield f"DUE;VALUE=DATE:{_day(entry.due_on)}"
    elif entry.due_at is not None:
        yield f"DUE:{_moment(entry.due_at)}"
    yield f"PRIORITY:{_PRIORITIES[entry.priority]}"
    if entry.completed_at is None:
        yield "STATUS:NEEDS-ACTION"
    else:
        yield "STATUS:COMPLETED"
        yield f"COMPLETED:{_moment(entry.completed_at)}"
    yield from _alarms(entry)
    yield "END:VTODO"


def _common(entry: Entry, title: str) -> Iterator[str]:
    yield f"UID:{entry.id}@annals"
    yield f"DTSTAMP:{_moment(entry.updated_at)}"
    yield f"CREATED:{_moment(entry.created_at)}"
    yield f"LAST-MODIFIED:{_moment(entry.updated_at)}"
    yield f"SEQUENCE:{entry.version}"
    yield _text("SUMMARY", title)
    if entry.description:
        yield _text("DESCRIPTION", entry.description)
    if entry.tags:
        yield _line("CATEGORIES", ",".join(_escaped(tag) for tag in entry.tags))


def _alarms(entry: Entry) -> Iterator[str]:
    for moment in entry.reminders:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"TRIGGER;VALUE=DATE-TIME:{_moment(moment)}"
        yield _text("DESCRIPTION", entry.title)
        yield "END:VALARM"


def _text(name: str, value: str) -> str:
    return _line(name, _escaped(value))


def _escaped(value: str) -> str:
    """Escape a text. The library `icalendar` would make a new line of "\\N", as in "C:\\New"."""
    text = _CONTROLS.sub(" ", value.replace("\r\n", "\n"))
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def _line(name: str, value: str) -> str:
    """Return a content line, folded so that none is longer than 75 octets."""
    rest = f"{name}:{value}".encode()
    parts: list[bytes] = []
    while len(rest) > MAX_OCTETS:
        end = MAX_OCTETS
        while rest[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        parts.append(rest[:end])
        rest = b" " + rest[end:]
    return b"\r\n".join([*parts, rest]).decode()


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
