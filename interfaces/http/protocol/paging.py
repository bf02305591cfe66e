"""Pages of a list: how many, and where the page before ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from interfaces.http.protocol.problems import HttpProblem
from projections.cursor import BadCursor, read_cursor, write_cursor
from projections.rows import RowPosition

MAX_PAGE = 200

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=2000, description="`next_cursor` of the page before this one"),
]


def decode_position(cursor: str | None, search: str, beginning: RowPosition) -> RowPosition:
    """Return where the page before ended."""
    if cursor is None:
        return beginning
    try:
        moment, id_ = read_cursor(cursor, search.encode(), [datetime, UUID])
    except BadCursor as error:
        raise HttpProblem("invalid", str(error), field="cursor") from None
    return moment, id_


def next_cursor(
    search: str, limit: int, places: Sequence[tuple[datetime | None, UUID]]
) -> str | None:
    """Return the cursor of the next page, given the places of the rows of this one."""
    return write_cursor(search.encode(), places[-1]) if len(places) == limit else None
