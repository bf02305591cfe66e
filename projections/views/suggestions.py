"""Habits: tasks of the same title that somebody begins at a steady rhythm, and could let recur."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.series import SeriesStarted
from domain.events.tasks import TaskCreated
from domain.record import Record
from domain.recurrence.pattern_detection import MIN_TIMES, detect_rule
from domain.values.namespaces import SUGGESTION_NAMESPACE
from domain.vocabulary import AccountId, TaskId
from projections.view import Key

# The latest say what the habit is now; those before would only blur it.
MAX_TIMES = 6


class SuggestionRow(Record):
    """`times` are the instants when the latest such tasks were created, `task_id` is the last of
    them; `rule` (RFC 5545) is what they amount to, if anything. `recurs`: it does so already."""

    id: UUID
    owner: AccountId
    title: str
    task_id: TaskId
    times: tuple[datetime, ...]
    rule: str | None
    recurs: bool


class Suggestions:
    name: ClassVar[str] = "suggestions"
    row: ClassVar[type[Record]] = SuggestionRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = (TaskCreated, SeriesStarted)
    append_only: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        event = recorded.event
        if isinstance(event, SeriesStarted):
            return (suggestion_id(event.owner, event.template.title),)
        if isinstance(event, TaskCreated):
            return (suggestion_id(event.owner, event.title),)
        raise TypeError(f"{type(event).__name__} is no business of suggestions")

    def evolve(self, row: SuggestionRow | None, recorded: Recorded) -> SuggestionRow | None:
        event = recorded.event
        if isinstance(event, TaskCreated):
            times = (*(row.times if row else ()), recorded.recorded_at)[-MAX_TIMES:]
            recurs = row is not None and row.recurs
            return SuggestionRow(
                id=suggestion_id(event.owner, event.title),
                owner=event.owner,
                title=event.title,
                task_id=TaskId(recorded.originator_id),
                times=times,
                rule=None if recurs else _rule(times),
                recurs=recurs,
            )
        return replace(row, rule=None, recurs=True) if row else None


def suggestion_id(owner: UUID, title: str) -> UUID:
    """Return the name of a habit: the same for titles that differ in case and spaces only."""
    return uuid5(SUGGESTION_NAMESPACE, f"{owner}\n{' '.join(title.casefold().split())}")


def _rule(times: Sequence[datetime]) -> str | None:
    days = [at.astimezone(UTC).date() for at in times]
    return detect_rule(days) or detect_rule(
        days[-MIN_TIMES:]
    )  # a new habit counts from when it began


_COLUMNS = ", ".join(SuggestionRow.__struct_fields__)
_rows = msgspec.json.Decoder(list[SuggestionRow])


async def of_owner(
    connection: AsyncConnection, owner: UUID, *, suggestion: UUID | None = None, limit: int = 50
) -> Sequence[SuggestionRow]:
    """Return what an account might let recur, or the one suggestion that is named."""
    cursor = await connection.execute(
        f"SELECT coalesce(json_agg(found), '[]')::text FROM (SELECT {_COLUMNS} FROM suggestions"  # noqa: S608 - columns are ours
        " WHERE owner = %s AND rule IS NOT NULL AND (%s::uuid IS NULL OR id = %s::uuid)"
        " ORDER BY id LIMIT %s) found",
        (owner, suggestion, suggestion, limit),
    )
    found = await cursor.fetchone()
    return _rows.decode(found[0]) if found else []
