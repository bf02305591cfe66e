"""Finds the tasks and the series of a list, for the reaction to its deletion."""

import asyncio
from uuid import UUID

from psycopg import AsyncConnection

from application.ports.unavailable import Unavailable
from application.reactions.list_reaction import Members
from infrastructure.following.checkpoints import applied
from infrastructure.postgres.connections import connect
from projections.views.tasks.lists import series_in, tasks_in
from projections.views.tasks.series_list import SeriesList
from projections.views.tasks.task_list import TaskListView

POLL_SECONDS = 0.02
WAIT_SECONDS = 10.0


class ListMembers:
    """Implements `application.reactions.list_reaction.FindMembers` on the views."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(self, list_id: UUID, position: int, /) -> Members:
        """Return what is in the list, once the views show all up to `position`.

        Raises:
            Unavailable: a view did not reach the position in time; the reaction tries again.
        """
        async with await connect(self._url, name="annals lists") as connection:
            for view in (TaskListView.name, SeriesList.name):
                await _wait(connection, view, position)
            return Members(
                tasks=await tasks_in(connection, list_id),
                series=await series_in(connection, list_id),
            )


async def _wait(connection: AsyncConnection, view: str, position: int) -> None:
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while await applied(connection, view) < position:
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable(f"The view {view}")
        await asyncio.sleep(POLL_SECONDS)
