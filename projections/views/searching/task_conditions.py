"""The conditions of a search: which rows of `task_list` a query means."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.values.normal_form import normal_form
from projections.views.searching.task_query import TaskQuery

# By UTC, as in the index of the table: the index cannot know the zone of each owner.
DAY_ENDS = "((due_on + 1)::timestamp - interval '1 microsecond') AT TIME ZONE 'UTC'"
_DUE = f"coalesce(due_at, {DAY_ENDS}, 'infinity'::timestamptz)"
_MARGIN = timedelta(days=1)  # more than any zone differs from UTC


class Conditions:
    """Tests that a row must pass, joined by AND, and the values of their parameters."""

    def __init__(self) -> None:
        self._tests: list[str] = []
        self.values: dict[str, Any] = {}

    def add(self, test: str, **values: Any) -> None:
        self._tests.append(test)
        self.values |= values

    def __str__(self) -> str:
        return " AND ".join(self._tests)


def conditions(query: TaskQuery) -> Conditions:
    """Return the conditions of everything but the owner and the words."""
    found = Conditions()
    # Written out: PostgreSQL takes a list that it does not know for a long one, and would plan each
    # search anew.
    found.add(f"status IN ({_literals(query.status)})" if query.status else "false")
    if query.priority:
        found.add(f"priority IN ({_literals(query.priority)})")
    _add_tags(found, query)
    _add_due(found, query)
    _add_completed(found, query)
    if query.recurring is not None:
        found.add(f"series_id IS {'NOT ' if query.recurring else ''}NULL")
    if query.series_id is not None:
        found.add("series_id = %(series_id)s", series_id=query.series_id)
    if query.list_id == "none":
        found.add("list_id IS NULL")
    elif query.list_id is not None:
        found.add("list_id = %(list_id)s", list_id=query.list_id)
    return found


def _literals(values: Sequence[StrEnum]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(set(values)))


def _add_tags(found: Conditions, query: TaskQuery) -> None:
    if query.tags:
        found.add("tag_keys @> %(tags)s", tags=[normal_form(tag) for tag in query.tags])
    if query.not_tags:
        not_tags = [normal_form(tag) for tag in query.not_tags]
        found.add("NOT tag_keys && %(not_tags)s", not_tags=not_tags)


def _add_due(found: Conditions, query: TaskQuery) -> None:
    if query.due_after is not None:
        after = _bound("after", query.due_after, query.timezone)
        found.add(
            f"(due_at >= %(after)s OR due_on >= %(after_day)s) AND {_DUE} >= %(after_index)s",
            **after,
            after_index=after["after"] - _MARGIN,
        )
    if query.due_before is not None:
        before = _bound("before", query.due_before, query.timezone)
        found.add(_due_earlier("before"), **before, before_index=before["before"] + _MARGIN)
    if query.overdue is not None and query.now is not None:
        now = _bound("now", query.now, query.timezone)
        late = f"status = 'open' AND {_due_earlier('now')}"
        test = late if query.overdue else f"({late}) IS NOT TRUE"
        found.add(test, **now, now_index=now["now"] + _MARGIN)
    if query.undated:
        found.add("due_at IS NULL AND due_on IS NULL")


def _due_earlier(name: str) -> str:
    # The last condition follows from the others, and lets the index find the tasks.
    return f"(due_at < %({name})s OR due_on < %({name}_day)s) AND {_DUE} < %({name}_index)s"


def _add_completed(found: Conditions, query: TaskQuery) -> None:
    if query.completed_after is not None:
        bound = _bound("completed_after", query.completed_after, query.timezone)["completed_after"]
        # The last condition follows from the other, and lets the index find the tasks.
        found.add(
            "completed_at >= %(completed_after)s AND updated_at >= %(completed_after)s",
            completed_after=bound,
        )
    if query.completed_before is not None:
        bound = _bound("completed_before", query.completed_before, query.timezone)
        found.add("completed_at < %(completed_before)s", **bound)


def _bound(name: str, bound: datetime | date, timezone: str) -> dict[str, Any]:
    """Return the instant of a bound, and its day in the zone.

    A day of the zone lies before an instant if it is over by then.
    """
    where = zone(timezone)
    if isinstance(bound, datetime):
        return {name: bound, f"{name}_day": wall_clock(bound, where).date()}
    return {name: resolve(datetime.combine(bound, time.min), where), f"{name}_day": bound}


def day_end(day: date) -> datetime:
    """Return where a day is sorted among instants."""
    return datetime.combine(day, time.max, tzinfo=UTC)
