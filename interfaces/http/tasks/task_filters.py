"""Filters of tasks, as GET /tasks takes them and as searches are saved."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from domain.record import Record
from domain.vocabulary import Priority, Status, Tag
from interfaces.http.protocol.execution import account_zone
from interfaces.http.protocol.parameters import moment_or_day, one, several
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.searching.task_query import SortBy, SortField, TaskQuery

FIELD: Any = SortField  # a type that is a value here

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*\Z")]
Several: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2600, pattern=r"^[^\x00]*\Z")]
Due: TypeAlias = Annotated[str, Meta(max_length=40)]


class TaskFilter(Record, forbid_unknown_fields=True):
    """Which tasks, in which order: the parameters of `GET /tasks` with the same names."""

    q: Text | None = None
    status: Several | None = None
    priority: Several | None = None
    tags: Several | None = None
    not_tags: Several | None = None
    due_after: Due | None = None
    due_before: Due | None = None
    completed_after: Due | None = None
    completed_before: Due | None = None
    overdue: bool | None = None
    due: Literal["none"] | None = None
    recurring: bool | None = None
    series_id: UUID | None = None
    list: Annotated[str, Meta(max_length=36)] | None = None
    sort: Several | None = None

    def texts(self) -> dict[str, str]:
        """Return the parameters that are given, as texts."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in given.items()
            if value is not None
        }


def filter_of(texts: Mapping[str, str]) -> TaskFilter:
    """Return the filter that these parameters are."""
    return msgspec.convert(texts, TaskFilter, strict=False)


def overridden(saved: TaskFilter, given: TaskFilter) -> TaskFilter:
    """Return the saved filter with the parameters that are given in the place of its own."""
    values = {name: getattr(given, name) for name in given.__struct_fields__}
    return replace(saved, **{name: value for name, value in values.items() if value is not None})


async def query_of(request: AnnalsRequest, wanted: TaskFilter) -> TaskQuery:
    """Return the query that a filter asks for.

    Raises:
        HttpProblem: 422, a parameter has no such value.
    """
    due_after = moment_or_day("due_after", wanted.due_after)
    due_before = moment_or_day("due_before", wanted.due_before)
    completed_after = moment_or_day("completed_after", wanted.completed_after)
    completed_before = moment_or_day("completed_before", wanted.completed_before)
    if wanted.list is not None and wanted.list != "none":
        in_list: UUID | Literal["none"] | None = one("list", wanted.list, UUID)
    else:
        in_list = "none" if wanted.list else None
    needs_zone = wanted.overdue is not None or any(
        (due_after, due_before, completed_after, completed_before)
    )
    return TaskQuery(
        q=wanted.q or None,
        status=several("status", wanted.status, Status) or (Status.OPEN, Status.COMPLETED),
        priority=several("priority", wanted.priority, Priority),
        tags=several("tags", wanted.tags, Tag),
        not_tags=several("not_tags", wanted.not_tags, Tag),
        due_after=due_after,
        due_before=due_before,
        completed_after=completed_after,
        completed_before=completed_before,
        overdue=wanted.overdue,
        undated=wanted.due == "none",
        timezone=await account_zone(request) if needs_zone else "UTC",
        now=datetime.now(UTC),
        recurring=wanted.recurring,
        series_id=wanted.series_id,
        list_id=in_list,
        sort=[SortBy(field=name, descending=down) for name, down in _sort(wanted.sort).items()],
    )


def _sort(text: str | None) -> dict[SortField, bool]:
    """Return the fields to sort by, and whether each is descending."""
    names = several("sort", text, str)
    fields = [(name.removeprefix("-"), name.startswith("-")) for name in names]
    return {one("sort", name, FIELD): down for name, down in fields}
