"""Which tasks are asked for: what GET /tasks and saved searches have in common."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.record import Record
from domain.vocabulary import Priority, Status
from projections.views.tasks.task_list import TaskRow

SortField = Literal["due_at", "priority", "created_at", "updated_at", "title"]


class SortBy(Record):
    field: SortField
    descending: bool = False


class TaskQuery(Record):
    """Which tasks to find. `tags`: all of them, `not_tags`: none of them; `priority`: any of them;
    `q`: words as people type them.

    `due_after` and `completed_after` (inclusive) and `due_before` and `completed_before`
    (exclusive) are instants or days of the owner's `timezone`. A task that is due on a day is due
    until the end of that day there: it is `overdue` if the day was over at the instant `now`.
    `undated`: without a due date. `list_id`: in this list, or ("none") in no list.

    An empty `sort` means the best match first where there is a `q`, the newest first where
    there is none. `page` (from 1) comes with a total, `cursor` (of the page before) does if there
    is a `count`.
    """

    q: str | None = None
    status: Sequence[Status] = (Status.OPEN, Status.COMPLETED)
    priority: Sequence[Priority] = ()
    tags: Sequence[str] = ()
    not_tags: Sequence[str] = ()
    due_after: datetime | date | None = None
    due_before: datetime | date | None = None
    completed_after: datetime | date | None = None
    completed_before: datetime | date | None = None
    overdue: bool | None = None
    undated: bool = False
    timezone: str = "UTC"
    now: datetime | None = None
    recurring: bool | None = None
    series_id: UUID | None = None
    list_id: UUID | Literal["none"] | None = None
    sort: Sequence[SortBy] = ()
    limit: int = 50
    cursor: str | None = None
    page: int | None = None
    count: bool = False

    @property
    def mark(self) -> bytes:
        """All that a cursor of this search depends on."""
        kept = msgspec.structs.replace(self, cursor=None, page=None, limit=0, now=None, count=False)
        return msgspec.json.encode(kept)


class TaskPage(Record):
    """`next_cursor` is None on the last page.

    `total` is counted when a page number or a count is asked for; of more than 10,000 tasks only
    `total_is_at_least` is known. `corrected` is what was searched instead of a `q` that nothing
    matches.
    """

    items: Sequence[TaskRow]
    next_cursor: str | None = None
    total: int | None = None
    total_is_at_least: int | None = None
    corrected: str | None = None
