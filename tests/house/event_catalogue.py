"""Writes docs/events.md from the code: `python -m tests.house.event_catalogue`."""

import inspect
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import msgspec
from msgspec import UnsetType

from domain.events.event import Event
from domain.events.recorded import AnyEvent
from domain.vocabulary import Moment, WallTime
from infrastructure.store.mapper import topic_of

PAGE = Path(__file__).parents[2] / "docs" / "events.md"

DATES = {Moment: "date-time", WallTime: "wall time"}
OPENING = """\
# Events

Every event that Annals records. An event is stored as JSON under its tag, with the `actor` who
caused it, the time `recorded_at`, the `correlation_id` of the request, the `causation_id` of the
event that led to it (or of the change that was undone), the `change_id` of all that a request led
to, and the `token_id` of the personal access token that was used. Tags and fields are never
renamed, and a new field has a default, so today's code decodes events of any age (`tests/golden/`
proves it).

`python -m tests.house.event_catalogue` generates this page; a test compares it with the code.
"""


def catalogue() -> str:
    """Return the page that the code generates."""
    return "\n".join([OPENING, *(_section(event) for event in get_args(AnyEvent))])


def _section(event: type[Event]) -> str:
    meaning = " ".join((inspect.getdoc(event) or "").split())
    lines = [f"## `{topic_of(event)}`", "", meaning, ""]
    fields = msgspec.structs.fields(event)
    if fields:
        lines += ["| field | type | |", "|---|---|---|"]
        lines += [
            f"| `{field.name}` | {_type(field.type)} | {_presence(field)} |" for field in fields
        ]
        lines.append("")
    return "\n".join(lines)


def _presence(field: msgspec.structs.FieldInfo) -> str:
    if UnsetType in get_args(field.type):
        return "only when it changed"
    return "" if field.required else "by default " + _value(field.default)


def _value(default: Any) -> str:
    return f"`{msgspec.json.encode(default).decode()}`"


def _type(hint: Any) -> str:
    if hasattr(hint, "__supertype__"):
        return f"{hint.__name__} ({_type(hint.__supertype__)})"
    if hint in DATES:
        return DATES[hint]
    if get_origin(hint) is tuple:
        return f"list of {_type(get_args(hint)[0])}"
    if options := [option for option in get_args(hint) if option is not UnsetType]:
        return " or ".join("null" if o is NoneType else _type(o) for o in options)
    names = {"str": "text", "int": "number", "UUID": "uuid"}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return ", ".join(f"`{member}`" for member in hint)
    return names.get(hint.__name__, str(hint.__name__))


if __name__ == "__main__":
    PAGE.write_text(catalogue())
