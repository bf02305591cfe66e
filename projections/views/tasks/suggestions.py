"""Suggested recurrences: tasks of the same title that are due, done or created regularly."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.series import SeriesStarted
from domain.events.tasks import TaskCreated
from domain.record import Record
from domain.recurrence.pattern_detection import MIN_TIMES, detect_rule
from domain.values.uuids import SUGGESTION_NAMESPACE, named_uuid
from domain.vocabulary import AccountId, TaskId
from projections.rows import columns, fetch
from projections.view import Key

# The latest show the present interval; earlier ones would only blur it.
MAX_TIMES = 6
# The tasks and titles that a question looks at: the latest tasks of the account.
MAX_TASKS, MAX_TITLES = 2_000, 500


class SuggestionRow(Record):
    """`times` are the instants when the latest tasks of this title were created, `task_id` is the
    last of them; `rule` (RFC 5545) fits these times, if any does. `recurs`: a series of this
    title exists already."""

    id: UUID
    owner: AccountId
    title: str
    task_id: TaskId
    times: tuple[datetime, ...]
    rule: str | None
    recurs: bool


class PatternOf(StrEnum):
    """Which days of the tasks follow each other regularly."""

    DUE = "due"
    COMPLETED = "completed"
    CREATED = "created"


class Pattern(Record):
    """The `rule` (RFC 5545) that the `times` of tasks of one title follow; `task_id` is the task
    of the last of them. If that is due on a day, the pattern is `all_day`."""

    id: UUID
    title: str
    task_id: TaskId
    times: tuple[datetime, ...]
    rule: str
    of: PatternOf
    all_day: bool = False


class _TaskDays(Record):
    id: TaskId
    title: str
    due_at: datetime | None
    due_on: date | None
    completed_at: datetime | None
    deleted_at: datetime | None

    @property
    def due(self) -> datetime | None:
        if self.due_on is not None:
            return datetime.combine(self.due_on, time.min, tzinfo=UTC)
        return self.due_at


class Suggestions:
    name: ClassVar[str] = "suggestions"
    row: ClassVar[type[Record]] = SuggestionRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = (TaskCreated, SeriesStarted)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = True

    def key(self, recorded: Recorded) -> Key:
        event = recorded.event
        if isinstance(event, SeriesStarted):
            return (suggestion_id(event.owner, event.template.title),)
        if isinstance(event, TaskCreated):
            return (suggestion_id(event.owner, event.title),)
        raise TypeError(f"{type(event).__name__} is not an event of suggestions")

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


@lru_cache(maxsize=2_048)  # a page of the log asks for each id when it loads, folds and writes
def suggestion_id(owner: UUID, title: str) -> UUID:
    """Return the id of a suggestion: the same for titles that differ in case and spaces only."""
    return named_uuid(SUGGESTION_NAMESPACE, f"{owner}\n{' '.join(title.casefold().split())}")


def _rule(times: Sequence[datetime]) -> str | None:
    if len(times) < MIN_TIMES:
        return None  # as for most titles
    days = [at.astimezone(UTC).date() for at in times]
    return detect_rule(days) or detect_rule(
        days[-MIN_TIMES:]
    )  # the interval may have changed lately


async def of_owner(
    connection: AsyncConnection, owner: UUID, *, suggestion: UUID | None = None, limit: int = 50
) -> Sequence[Pattern]:
    """Return at most `limit` patterns of an account; with `suggestion`, at most this one.

    Looks at the latest tasks of titles that were created often enough: the days on which they
    are due come first, then those on which they were completed, then those of their creation.
    """
    rows = await fetch(
        connection,
        SuggestionRow,
        f"SELECT {columns(SuggestionRow)} FROM suggestions"  # noqa: S608 - columns are ours
        # The condition of the index, word for word: a parameter would not match it.
        f" WHERE owner = %s AND NOT recurs AND cardinality(times) >= {MIN_TIMES}"
        " AND (%s::uuid IS NULL OR id = %s::uuid) ORDER BY id LIMIT %s",
        [owner, suggestion, suggestion, MAX_TITLES],
    )
    if not rows:
        return []
    tasks = await fetch(
        connection,
        _TaskDays,
        f"SELECT {columns(_TaskDays)} FROM task_list"  # noqa: S608 - columns are ours
        " WHERE owner = %s ORDER BY created_at DESC, id DESC LIMIT %s",
        [owner, MAX_TASKS],
    )
    titled: dict[UUID, list[_TaskDays]] = {}
    for task in tasks:
        if task.deleted_at is None:
            titled.setdefault(suggestion_id(owner, task.title), []).append(task)
    found = (_pattern(row, titled.get(row.id, ())) for row in rows)
    return [pattern for pattern in found if pattern][:limit]


def _pattern(row: SuggestionRow, tasks: Sequence[_TaskDays]) -> Pattern | None:
    """Return the pattern behind the tasks of a title, if there is one."""
    due = [(task.due, task.id, task.due_on is not None) for task in tasks if task.due]
    completed = [(task.completed_at, task.id, False) for task in tasks if task.completed_at]
    for of, moments in ((PatternOf.DUE, due), (PatternOf.COMPLETED, completed)):
        latest = sorted(moments)[-MAX_TIMES:]
        times = tuple(at for at, _, _ in latest)
        if rule := _rule(times):
            _, task_id, all_day = latest[-1]
            return Pattern(
                id=row.id,
                title=row.title,
                task_id=task_id,
                times=times,
                rule=rule,
                of=of,
                all_day=all_day,
            )
    if row.rule is None:
        return None
    return Pattern(
        id=row.id,
        title=row.title,
        task_id=row.task_id,
        times=row.times,
        rule=row.rule,
        of=PatternOf.CREATED,
    )
