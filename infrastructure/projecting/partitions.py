"""Monthly partitions of a view's table, created before the rows that need them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg import AsyncConnection, sql

from infrastructure.projecting.table_copy import copy_triggers, qualified


class Partitions:
    """The partitions of a table partitioned by `recorded_at`; any other table needs none.

    A partition is created as a separate table and then attached. That neither waits for readers
    and writers of the other partitions nor makes them wait.
    """

    def __init__(self, schema: str, table: str) -> None:
        self._schema, self._table = schema, table
        self._created: set[datetime] = set()
        self._partitioned: bool | None = None

    async def create_for(self, connection: AsyncConnection, moments: Sequence[datetime]) -> None:
        """Create the partitions these moments fall into; not inside a transaction."""
        if self._partitioned is None:
            self._partitioned = await self._is_partitioned(connection)
        if not self._partitioned:
            return
        for month in sorted(_months(moments) - self._created):
            await self._create(connection, month)
            self._created.add(month)

    async def _is_partitioned(self, connection: AsyncConnection) -> bool:
        cursor = await connection.execute(
            "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass",
            (qualified((self._schema, self._table)),),
        )
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def _create(self, connection: AsyncConnection, month: datetime) -> None:
        name = f"{self._table}_{month:%Y_%m}"
        parent = sql.Identifier(self._schema, self._table)
        partition = sql.Identifier(self._schema, name)
        async with connection.transaction():
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('annals partitions'), hashtext(%s))", (name,)
            )
            cursor = await connection.execute(
                "SELECT to_regclass(%s)", (qualified((self._schema, name)),)
            )
            if (await cursor.fetchone() or (None,))[0] is not None:
                return
            await connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING STORAGE)").format(
                    partition, parent
                )
            )
            await connection.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    parent, partition, month.isoformat(), _next(month).isoformat()
                )
            )
            # Row triggers come with the attachment, statement triggers do not.
            await copy_triggers(
                connection,
                (self._schema, self._table),
                (self._schema, name),
                for_each_row=False,
                suffix=f"_{month:%Y_%m}",
            )


def _months(moments: Sequence[datetime]) -> set[datetime]:
    """Return the beginnings of the months of these moments, nearly always of the same month."""
    if not moments:
        return set()
    first, last = _month(min(moments)), _month(max(moments))
    return {first} if first == last else {_month(moment) for moment in moments}


def _month(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
