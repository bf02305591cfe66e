"""Pages of a list: their size, and the cursor at which the next page begins."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from projections.cursor import MAX_PAGE, read_cursor, write_cursor
from projections.pauses import Pauses
from projections.rows import RowPosition

Row = TypeVar("Row")
Body = TypeVar("Body")

_CURSOR = "`next_cursor` of the previous page"

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)]
Cursor = Annotated[str | None, QueryParameter(max_length=2000, description=_CURSOR)]
# The cursor of a list that is sorted by several fields holds a value of each.
LongCursor = Annotated[str | None, QueryParameter(max_length=4000, description=_CURSOR)]


def decode_cursor(cursor: str | None, search: str, *types: Any) -> list[Any] | None:
    """Return the values of the last row of the previous page; None for the first page.

    Raises:
        BadCursor: the cursor does not belong to this `search`.
    """
    return None if cursor is None else read_cursor(cursor, search.encode(), types)


def decode_position(cursor: str | None, search: str, beginning: RowPosition) -> RowPosition:
    """Return the position at which the previous page ended, or `beginning`."""
    values = decode_cursor(cursor, search, datetime, UUID)
    return beginning if values is None else (values[0], values[1])


def cursor_after(search: str, last: Sequence[Any]) -> str:
    """Return the cursor of the page behind a row, given the values that it is sorted by."""
    return write_cursor(search.encode(), last)


def next_cursor(
    search: str, limit: int, positions: Sequence[tuple[datetime | None, UUID]]
) -> str | None:
    """Return the cursor of the next page, given the positions of the rows of this one."""
    return write_cursor(search.encode(), positions[-1]) if len(positions) == limit else None


async def converted(rows: Sequence[Row], convert: Callable[[Row], Body]) -> Sequence[Body]:
    """Return what `convert` makes of each row, with pauses for the requests of others."""
    pauses, bodies = Pauses(), list[Body]()
    for row in rows:
        bodies.append(convert(row))
        if pauses.due():
            await pauses.pause()
    return bodies
