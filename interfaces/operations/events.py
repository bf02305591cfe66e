"""`annals events`: prints events of the log."""

import asyncio
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

import click
import msgspec

from infrastructure.bootstrap import load_settings, open_operations

Line: TypeAlias = Callable[[Any], str]

WIDE = 120  # columns
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on a terminal, too.")


@click.group
def command() -> None:
    """Print events of the log.

    On a terminal an event is one line: position, time, type, stream, version and data; without
    date, stream and version where the terminal has less than 120 columns. Elsewhere, or with
    --json, it is a line of JSON. Needs ANNALS_DATABASE_URL.
    """


@command.command
@click.option(
    "-n",
    "--last",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="Number of past events to print first.",
)
@AS_JSON
def tail(last: int, as_json: bool) -> None:
    """Print the last events, then new events as they arrive, until Ctrl-C."""
    with suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(_tail(last, _lines(as_json)))


async def _tail(last: int, line: Line) -> None:
    async with open_operations(load_settings()) as care:
        async for entry in care.tail(last=last):
            click.echo(line(entry))


@command.command
@click.argument("stream", type=click.UUID)
@AS_JSON
def show(stream: UUID, as_json: bool) -> None:
    """Print the events of a stream (a task, an account, …), the oldest first."""
    if not asyncio.run(_show(stream, _lines(as_json))):
        raise click.ClickException(f"Stream {stream} has no events.")


async def _show(stream: UUID, line: Line) -> int:
    async with open_operations(load_settings()) as care:
        entries = await care.show(stream)
    for entry in entries:
        click.echo(line(entry))
    return len(entries)


def _lines(as_json: bool) -> Line:
    """Return how an event is printed here."""
    return _json_line if as_json or not sys.stdout.isatty() else _terminal_line


def _json_line(entry: Any) -> str:
    """Return an event as JSON, with its position first because people look for it."""
    fields = {"position": entry.position, **msgspec.to_builtins(entry)}
    return msgspec.json.encode(fields).decode()


def _terminal_line(entry: Any) -> str:
    return text_line(entry, shutil.get_terminal_size().columns)


def text_line(entry: Any, width: int) -> str:
    """Return an event, or one that cannot be decoded, as a line of at most `width` characters."""
    fields = msgspec.to_builtins(entry)
    event = fields.get("event", {})
    name = event.pop("type", None) or fields.get("topic", "?")
    at = fields.get("recorded_at", "")[:19].replace("T", " ")
    # What people read comes before ids, which fill a line.
    known = [(key, value) for key, value in event.items() if value not in (None, "", [])]
    known.sort(key=lambda field: _is_id(field[1]))
    data = fields.get("error") or "  ".join(f"{key}={_text(value)}" for key, value in known)
    if width < WIDE:
        line = f"{entry.position:>8}  {at[11:]:8}  {name:25}  {data}"
    else:
        stream = f"{entry.originator_id} v{entry.originator_version:<3}"
        line = f"{entry.position:>8}  {at:19}  {name:25}  {stream}  {data}"
    # Titles are other people's: no character of theirs may command the terminal.
    plain = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
