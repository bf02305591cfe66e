"""A view's table: reads rows by identity and writes many at a time, for every view alike."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Generic
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from domain.record import Record
from infrastructure.postgres.packed_arrays import uuid_array
from projections.view import Indexed, Key, Row, View

HOME = "views"


class ViewTable(Generic[Row]):
    """Rows travel as JSON: PostgreSQL knows the columns' types, msgspec the fields'.

    Arrays, enums and documents therefore need no code here, and both ends run in C.
    """

    def __init__(self, view: View[Row], schema: str = HOME) -> None:
        self.name = view.name
        self.schema = schema
        self.identity = view.identity
        self.append_only = view.append_only
        self.columns: tuple[str, ...] = view.row.__struct_fields__
        indexed = view if isinstance(view, Indexed) else None
        self._stored = indexed.stored if indexed else None
        self._written = indexed.stored_row.__struct_fields__ if indexed else self.columns
        self._rows: msgspec.json.Decoder[list[Row]] = msgspec.json.Decoder(list[view.row])  # type: ignore[name-defined] # known at run time
        self.selection = self._latest_rows() if view.append_only else self._rows_by_identity()

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return ("position",) if self.append_only else self.identity

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    async def load(self, connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, Row]:
        """Return the existing rows with these keys; of an append-only view, the latest of each."""
        if not keys:
            return {}
        cursor = await connection.execute(self.selection, arrays(keys), prepare=True)
        found = await cursor.fetchone()
        return self.by_key(found[0]) if found else {}

    def by_key(self, rows: str) -> dict[Key, Row]:
        """Return the rows of a JSON array that PostgreSQL wrote, by their keys."""
        return {
            tuple(getattr(row, field) for field in self.identity): row for row in self.decode(rows)
        }

    def decode(self, rows: str) -> list[Row]:
        """Return the rows of a JSON array that PostgreSQL wrote."""
        return self._rows.decode(rows)

    async def write(
        self, connection: AsyncConnection, rows: Sequence[Row], *, fresh: bool = False
    ) -> None:
        """Insert these rows, replacing those with the same identity.

        `fresh` promises that the table has no such rows; it may not have an index yet.
        """
        if rows:
            await connection.execute(
                self._insert("") if fresh else self.insertion(), (self.encode(rows),), prepare=True
            )

    def encode(self, rows: Sequence[Row]) -> str:
        """Return the rows as the JSON array that `insertion` takes, with the stored columns."""
        written: Sequence[Record] = [*map(self._stored, rows)] if self._stored else rows
        return msgspec.json.encode(written).decode()

    def insertion(self, *, beside: str = "") -> sql.Composed:
        """Return the statement that writes rows, a parameter; `beside` follows in its FROM."""
        insert = self._insert(beside)
        return insert if self.append_only else self._upsert(insert)

    async def delete(self, connection: AsyncConnection, keys: Collection[Key]) -> None:
        if keys:
            await connection.execute(
                sql.SQL("DELETE FROM {} WHERE ({}) IN (SELECT * FROM unnest({}))").format(
                    self.identifier, _names(self.identity), _parameters(self.identity)
                ),
                arrays(keys),
            )

    def _rows_by_identity(self) -> sql.Composed:
        # LATERAL, because the planner cannot know how few rows the arrays select.
        return sql.SQL(
            "SELECT coalesce(json_agg(found), '[]')::text FROM unnest({arrays}) AS wanted ({keys})"
            " CROSS JOIN LATERAL (SELECT {columns} FROM {table} AS t"
            " WHERE {same} OFFSET 0) AS found"
        ).format(**self._parts())

    def _latest_rows(self) -> sql.Composed:
        return sql.SQL(
            "SELECT coalesce(json_agg(found), '[]')::text FROM unnest({arrays}) AS wanted ({keys})"
            " CROSS JOIN LATERAL (SELECT {columns} FROM {table} AS t"
            " WHERE {same} ORDER BY t.position DESC LIMIT 1) AS found"
        ).format(**self._parts())

    def _parts(self) -> Mapping[str, Any]:
        return {
            "arrays": _parameters(self.identity),
            "keys": _names(self.identity),
            "columns": sql.SQL(", ").join(sql.Identifier("t", name) for name in self.columns),
            "table": self.identifier,
            "same": sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier("t", name), sql.Identifier("wanted", name))
                for name in self.identity
            ),
        }

    def _insert(self, beside: str) -> sql.Composed:
        return sql.SQL(
            "INSERT INTO {table} ({columns})"
            " SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json){beside}"
        ).format(table=self.identifier, columns=_names(self._written), beside=sql.SQL(beside))

    def _upsert(self, insert: sql.Composed) -> sql.Composed:
        rest = [name for name in self._written if name not in self.identity]
        return sql.SQL("{} ON CONFLICT ({}) DO UPDATE SET {}").format(
            insert,
            _names(self.identity),
            sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in rest
            ),
        )


def arrays(keys: Collection[Key]) -> list[Any]:
    """Return the parts of keys, at least one, as an array for each column: the parameters of
    `ViewTable.selection`."""
    return [
        uuid_array(column) if isinstance(column[0], UUID) else list(column)
        for column in zip(*keys, strict=True)
    ]


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _parameters(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Placeholder() for _ in names)
