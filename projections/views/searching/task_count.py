"""Counts tasks, up to a limit: counting on would cost more than anyone reads out of the number."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from projections.views.searching.task_query import TaskPage, TaskQuery

MAX_TOTAL = 10_000


async def counted(
    connection: AsyncConnection,
    query: TaskQuery,
    page: TaskPage,
    condition: str,
    values: Mapping[str, Any],
) -> TaskPage:
    """Return the page with the total of its search, if it is asked for."""
    if not (query.page or query.count):
        return page
    cursor = await connection.execute(
        "SELECT count(*) FROM ("  # noqa: S608 - conditions are ours
        f"SELECT FROM task_list WHERE {condition} LIMIT {MAX_TOTAL + 1}) few",
        values,
    )
    [(total,)] = await cursor.fetchall()
    if total > MAX_TOTAL:
        return replace(page, total_is_at_least=MAX_TOTAL)
    return replace(page, total=total)


async def count(connection: AsyncConnection, owner: UUID, *, most: int) -> int:
    """Return how many tasks the owner has that are not deleted, or `most` if there are more."""
    cursor = await connection.execute(
        "SELECT count(*) FROM ("
        " SELECT FROM task_list WHERE owner = %s AND deleted_at IS NULL LIMIT %s) few",
        (owner, most),
        prepare=True,
    )
    [(found,)] = await cursor.fetchall()
    return int(found)
