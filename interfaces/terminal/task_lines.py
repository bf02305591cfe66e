"""Shows tasks at the terminal, numbered, and remembers the numbers for the next command."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from interfaces.client import saved_login
from interfaces.client.calls import CallRefused
from interfaces.client.remote_api import RemoteApi
from interfaces.terminal.asking import get

Tasks = Sequence[Mapping[str, Any]]

_SHOWN = "shown.json"
_WEEK = 7  # days that are named by their weekday
_NARROW = 64  # columns; below, the due date is under the title
_COLOURS = {"high": "bold", "medium": "", "low": "dim"}


class UserClock:
    """The day and the time zone of the user."""

    def __init__(self, api: RemoteApi) -> None:
        draft = get(api, "/tasks/quick", text="x today")
        self.today = date.fromisoformat(draft["due_on"])
        self.zone = ZoneInfo(draft["timezone"])

    def due(self, task: Mapping[str, Any]) -> str:
        """Return "today 18:00", "Fri" or "24 Dec 2030"; nothing without a due date."""
        if task["due_at"]:
            moment = datetime.fromisoformat(task["due_at"]).astimezone(self.zone)
            return f"{self._day(moment.date())} {moment:%H:%M}"
        return self._day(date.fromisoformat(task["due_on"])) if task["due_on"] else ""

    def is_late(self, task: Mapping[str, Any]) -> bool:
        if task["due_at"]:
            return datetime.fromisoformat(task["due_at"]) < datetime.now(self.zone)
        return bool(task["due_on"]) and date.fromisoformat(task["due_on"]) < self.today

    def _day(self, day: date) -> str:
        ahead = (day - self.today).days
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(ahead)
        if near:
            return near
        if 0 < ahead < _WEEK:
            return f"{day:%a}"
        return f"{day.day} {day:%b}" if day.year == self.today.year else f"{day.day} {day:%b %Y}"


def show(api: RemoteApi, tasks: Tasks, empty: str) -> None:
    """Print tasks with numbers, and keep the numbers."""
    remember(tasks)
    console = Console(highlight=False)
    if not tasks:
        console.print(Text(empty))
        return
    clock = UserClock(api)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, task in enumerate(tasks, 1):
        cells: tuple[Text, ...] = (
            title(task),
            Text(clock.due(task), _urgency(clock, task)),
            Text(marks(task), "dim"),
        )
        if console.width < _NARROW:
            below = Text(" ").join(cell for cell in cells[1:] if cell)
            cells = (Text("\n").join((cells[0], below) if below else cells[:1]),)
        table.add_row(Text(str(number), "cyan"), *cells)
    console.print(table)


def title(task: Mapping[str, Any]) -> Text:
    """Return the title, as it is written: nothing in it is markup."""
    style = _COLOURS[task["priority"]] if _open(task) else "strike dim"
    return Text(task["title"], style)


def marks(task: Mapping[str, Any]) -> str:
    """Return priority, tags and whether the task recurs: "!high #home repeats"."""
    parts = [f"!{task['priority']}"] if task["priority"] != "medium" else []
    parts += [f"#{tag}" for tag in task["tags"]]
    return " ".join([*parts, "repeats"] if task["series_id"] else parts)


def line(api: RemoteApi, verb: str, task: Mapping[str, Any]) -> None:
    """Print a task that was changed in one line: "Added: Buy milk – tomorrow 9:00 #home"."""
    rest = " ".join(filter(None, (UserClock(api).due(task), marks(task))))
    text = Text.assemble(
        (verb, "green"), ": ", task["title"], (f" – {rest}" if rest else "", "dim")
    )
    Console(highlight=False, soft_wrap=True).print(text)


def remember(tasks: Tasks) -> None:
    """Keep which task each number of the list that is shown means."""
    saved_login.write_private(_SHOWN, msgspec.json.encode([str(task["id"]) for task in tasks]))


def numbered(number: int) -> str:
    """Return the id of the task with a number of the last list.

    Raises:
        CallRefused: the list has no such number.
    """
    try:
        content = (saved_login.folder() / _SHOWN).read_bytes()
        ids = msgspec.json.decode(content, type=list[str])
    except (OSError, msgspec.DecodeError):
        ids = []
    if not 1 <= number <= len(ids):
        last = f"The last list has {len(ids)} tasks." if ids else "There is no list yet."
        raise CallRefused("invalid", f"{last} `annals today` and `annals find` show one.", "")
    return ids[number - 1]


def _urgency(clock: UserClock, task: Mapping[str, Any]) -> str:
    return "red" if _open(task) and clock.is_late(task) else ""


def _open(task: Mapping[str, Any]) -> bool:
    return bool(task["status"] == "open")
