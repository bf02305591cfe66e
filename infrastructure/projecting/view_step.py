"""A step of a view along the log: its rows and its position change in a single statement."""

from collections.abc import Collection, Sequence
from typing import Generic

from psycopg import AsyncConnection, sql

from infrastructure.following.checkpoints import CHANNEL, CheckpointMoved
from infrastructure.projecting.view_table import ViewTable, arrays
from projections.view import Key, Row
from projections.views.reminders.due_reminders import DueReminders

# The scheduler waits until their rows change.
_ANNOUNCED = frozenset({DueReminders.name})

_VERSION = (
    "SELECT xmin::text FROM notification_tracking"
    " WHERE application_name = %s AND notification_id = %s"
)
_MOVE = (
    "UPDATE notification_tracking SET notification_id = %s"
    " WHERE application_name = %s AND notification_id = %s"
    " AND (%s::text IS NULL OR xmin::text = %s) RETURNING application_name"
)


class ViewStep(Generic[Row]):
    """Loads rows, and writes them under the position named `reader`.

    Loading and writing need no transaction around them: two round trips, not five. Whoever else
    changes rows of the view locks the position (`checkpoints.lock`), which gives the row of the
    position a new version; a step that has loaded rows before then fails.
    """

    def __init__(self, table: ViewTable[Row], reader: str) -> None:
        self._table = table
        self._reader = reader
        seen = f"pg_notify('{CHANNEL}', application_name)" if reader in _ANNOUNCED else "1"
        # As text: psycopg would put composed statements together anew each time.
        self._load = _text(f"SELECT ({{rows}}), ({_VERSION})", rows=table.selection)
        self._move = f"WITH moved AS ({_MOVE}) SELECT {seen} FROM moved"  # noqa: S608 - ours
        # The insert reads from `moved`: the row of the position is locked before those of the view.
        self._write = _text(
            f"WITH moved AS ({_MOVE}), written AS ({{write}}) SELECT {seen} FROM moved",  # noqa: S608 - ours
            write=table.insertion(beside=", moved"),
        )

    async def load(
        self, connection: AsyncConnection, keys: Collection[Key], *, start: int
    ) -> tuple[dict[Key, Row], str | None]:
        """Return the rows with these keys as `ViewTable.load` does, and the version to write at.

        Raises:
            CheckpointMoved: the position is not `start`.
        """
        if not keys:
            return {}, None
        values = [*arrays(keys), self._reader, start]
        cursor = await connection.execute(self._load, values, prepare=True)
        [(rows, version)] = await cursor.fetchall()
        if version is None:
            raise CheckpointMoved(self._reader, start)
        return self._table.by_key(rows), version

    async def write(
        self,
        connection: AsyncConnection,
        rows: Sequence[Row],
        *,
        start: int,
        end: int,
        version: str | None,
    ) -> None:
        """Write rows and move the position from `start` to `end`, all or nothing.

        Raises:
            CheckpointMoved: the position is not `start`, or its row has another version.
        """
        if not rows:
            await self.move(connection, start=start, end=end, version=version)
            return
        values = (end, self._reader, start, version, version, self._table.encode(rows))
        cursor = await connection.execute(self._write, values, prepare=True)
        if cursor.rowcount != 1:
            raise CheckpointMoved(self._reader, start)

    async def move(
        self, connection: AsyncConnection, *, start: int, end: int, version: str | None = None
    ) -> None:
        """Move the position alone, as the first statement of a transaction.

        Raises:
            CheckpointMoved: as for `write`.
        """
        values = (end, self._reader, start, version, version)
        cursor = await connection.execute(self._move, values, prepare=True)
        if cursor.rowcount != 1:
            raise CheckpointMoved(self._reader, start)


def _text(statement: str, **parts: sql.Composable) -> str:
    return sql.SQL(statement).format(**parts).as_string()
