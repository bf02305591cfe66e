"""A shadow of a view's table: built in a separate schema, then put in place of the live table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from psycopg import AsyncConnection, sql

from infrastructure.projecting.table_copy import (
    copy_columns,
    copy_triggers,
    index_definitions,
    qualified,
)
from infrastructure.projecting.view_table import HOME
from projections.view import View


class RebuildInProgress(Exception):
    """Another process has a shadow of the view."""

    def __init__(self, view: str) -> None:
        super().__init__(f"Another process is rebuilding or verifying {view}.")


class ShadowTable:
    """All its parts have their final names already: the swap only changes their schema."""

    def __init__(self, view: View[Any]) -> None:
        self.view = view
        # A new schema each time: a leftover of a killed process that still writes to its own
        # schema cannot reach this one. The shadow's position is kept under the schema's name.
        self.schema = f"{_prefix(view)}{uuid4().hex[:12]}"
        self.live = (HOME, view.name)
        self.table = (self.schema, view.name)

    async def create(self, connection: AsyncConnection) -> None:
        """Create the table, without rows and without indexes."""
        async with connection.transaction():
            await connection.execute("SELECT annals_create_shadow(%s)", (self.schema,))
            await copy_columns(connection, self.live, self.table)
            await copy_triggers(connection, self.live, self.table)

    async def keys(self, connection: AsyncConnection) -> list[str]:
        """Return the statements that create its keys: they lock the table exclusively."""
        statements = await index_definitions(connection, self.live, self.table)
        return [statement for statement in statements if statement.startswith("ALTER")]

    async def indexes(self, connection: AsyncConnection) -> list[str]:
        """Return the statements that create its other indexes, independent of each other."""
        statements = await index_definitions(connection, self.live, self.table)
        return [statement for statement in statements if not statement.startswith("ALTER")]

    async def swap_in(self, connection: AsyncConnection) -> None:
        """Drop the live table and put this one in its place; inside a transaction."""
        cursor = await connection.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = %s::regclass",
            (qualified(self.table),),
        )
        partitions = [name for (name,) in await cursor.fetchall()]
        await connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(*self.live)))
        for name in (self.view.name, *partitions):
            await connection.execute(
                sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(
                    sql.Identifier(self.schema, name), sql.Identifier(HOME)
                )
            )


@asynccontextmanager
async def shadow_of(connection: AsyncConnection, view: View[Any]) -> AsyncIterator[ShadowTable]:
    """Create the only shadow of a view, and drop what is left of it when the block ends.

    Leftovers of a process that was killed are dropped first.

    Raises:
        RebuildInProgress: another process has a shadow of the view.
    """
    name = (f"rebuild {view.name}",)
    cursor = await connection.execute(
        "SELECT pg_try_advisory_lock(hashtext('annals shadow'), hashtext(%s))", name
    )
    if not (await cursor.fetchone() or (False,))[0]:
        raise RebuildInProgress(view.name)
    try:
        await _drop_all(connection, view)
        shadow = ShadowTable(view)
        await shadow.create(connection)
        yield shadow
    finally:
        if not connection.closed:
            await _drop_all(connection, view)
            await connection.execute(
                "SELECT pg_advisory_unlock(hashtext('annals shadow'), hashtext(%s))", name
            )


def _prefix(view: View[Any]) -> str:
    return f"rebuild_{view.name}_"


async def _drop_all(connection: AsyncConnection, view: View[Any]) -> None:
    prefix = _prefix(view)
    cursor = await connection.execute(
        "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) AND length(nspname) = %s",
        (prefix, len(prefix) + 12),
    )
    for (schema,) in await cursor.fetchall():
        await connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        await connection.execute(
            "DELETE FROM notification_tracking WHERE application_name = %s", (schema,)
        )
