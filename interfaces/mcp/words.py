"""Reads days, moments and rules in words, with the quick add of the API."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from interfaces.client.calls import CallRefused
from interfaces.mcp.caller import Caller

DURATION = re.compile(r"P(?=.)(\d+[YMWD])*(T(\d+[HMS])+)?\Z")
NONE = "none"
_TITLE = "x"  # of a line of which only the rest matters


@dataclass(frozen=True, kw_only=True)
class DueDate:
    """A day or a moment (UTC)."""

    due_on: str | None = None
    due_at: str | None = None

    @property
    def text(self) -> str:
        return self.due_at or self.due_on or ""

    @property
    def fields(self) -> dict[str, str]:
        """Return the field of a task that this sets."""
        return {"due_on": self.due_on} if self.due_on else {"due_at": self.text}


def is_day(words: str) -> bool:
    """Return whether words are a day such as 2030-01-31."""
    try:
        return str(date.fromisoformat(words)) == words
    except ValueError:
        return False


async def due_of(caller: Caller, words: str) -> DueDate:
    """Read "tomorrow at 9", "2030-01-31" or "2030-01-31T18:00:00Z".

    Raises:
        CallRefused: these words are no day or moment.
    """
    words = words.strip()
    if is_day(words):
        return DueDate(due_on=words)
    moment = _moment(words)
    if moment is not None and moment.tzinfo is not None:
        return DueDate(due_at=words)
    # A wall time without a zone is one of the user's zone.
    draft = await _draft(caller, words if moment is None else f"{moment:%Y-%m-%d %H:%M}")
    if draft["recurrence"] or draft["title"] != _TITLE or not (draft["due_on"] or draft["due_at"]):
        raise CallRefused(
            "invalid",
            f'"{words}" is no day or moment.',
            'Say it as in "tomorrow at 9", "next monday" or "2030-01-31".',
        )
    return DueDate(due_on=draft["due_on"], due_at=draft["due_at"])


async def list_of(caller: Caller, name: str) -> str:
    """Return the id of the list with a name, in any case; "none" is no list.

    Raises:
        CallRefused: there is no such list, or more than one.
    """
    wanted = name.strip().removeprefix("@").casefold()
    if wanted == NONE:
        return NONE
    lists = (await caller.get("/lists"))["items"]
    found = [each["id"] for each in lists if wanted in (each["name"].casefold(), each["id"])]
    if len(found) == 1:
        return str(found[0])
    names = ", ".join(f'"{each["name"]}"' for each in lists) or "none"
    raise CallRefused(
        "not-found",
        f'{"Several lists are" if found else "No list is"} called "{name}".',
        f"The user's lists: {names}. Add tasks without a list, or ask the user.",
    )


async def rule_of(caller: Caller, words: str) -> str:
    """Read "every 2 weeks" as a rule of RFC 5545.

    Raises:
        CallRefused: these words are no rule.
    """
    draft = await _draft(caller, words)
    if not draft["recurrence"] or draft["title"] != _TITLE:
        raise CallRefused(
            "invalid",
            f'"{words}" is no rule.',
            'Say it as in "every day", "every 2 weeks" or "every month".',
        )
    return str(draft["recurrence"]["rrule"])


async def reminder_of(caller: Caller, words: str) -> dict[str, str]:
    """Read "an hour before" or "tomorrow at 9" as the fields of a reminder.

    Raises:
        CallRefused: these words are neither.
    """
    lead = await _lead(caller, words)
    if lead is not None:
        return {"before": lead}
    due = await due_of(caller, words)
    if due.due_at is None:
        raise CallRefused(
            "invalid",
            f'"{words}" has no time of day.',
            'Say it as in "tomorrow at 9" or "an hour before".',
        )
    return {"at": due.due_at}


async def _lead(caller: Caller, words: str) -> str | None:
    """Read "1 hour before" or "PT1H" as the time before a task is due; None: it is neither."""
    words = words.strip()
    if DURATION.match(words):
        return words
    lead = words if words.endswith("before") else f"{words} before"
    draft = await _draft(caller, f"tomorrow remind {lead}")
    return draft["reminders"][0] if draft["reminders"] and draft["title"] == _TITLE else None


async def since_of(caller: Caller, words: str) -> str:
    """Read a moment of the past: "monday" is the last Monday, a day begins at midnight.

    Raises:
        CallRefused: these words are no day or moment.
    """
    day, timezone = await today(caller)
    if words.strip().lower() == "yesterday":
        due = DueDate(due_on=str(date.fromisoformat(day) - timedelta(days=1)))
    else:
        due = await due_of(caller, words)
    if due.due_on is None:
        return due.text
    found = date.fromisoformat(due.due_on)
    if found > date.fromisoformat(day):
        found -= timedelta(days=7)  # quick add reads the name of a weekday as the coming one
    return datetime.combine(found, time.min, ZoneInfo(timezone)).astimezone(UTC).isoformat()


async def today(caller: Caller) -> tuple[str, str]:
    """Return the day of the user, and the user's time zone."""
    draft = await _draft(caller, "today")
    return str(draft["due_on"]), str(draft["timezone"])


async def _draft(caller: Caller, words: str) -> Any:
    return await caller.get("/tasks/quick", text=f"{_TITLE} {words}")


def _moment(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return None
