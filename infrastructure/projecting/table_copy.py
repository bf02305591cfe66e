"""Creates an empty copy of a table: columns first, indexes and triggers in separate steps."""

from typing import TypeAlias

from psycopg import AsyncConnection, sql

# Schema and name.
Table: TypeAlias = tuple[str, str]

_ALWAYS = "A"


def qualified(table: Table) -> str:
    """Return the table's name, quoted for a statement."""
    return sql.Identifier(*table).as_string()


async def copy_columns(connection: AsyncConnection, source: Table, target: Table) -> None:
    """Create `target` with the columns, options and partitioning of `source`, and its grants."""
    cursor = await connection.execute(
        "SELECT pg_get_partkeydef(oid), array_to_string(reloptions, ', ')"
        " FROM pg_class WHERE oid = %s::regclass",
        (qualified(source),),
    )
    partitioning, options = await cursor.fetchone() or (None, None)
    statement = sql.SQL(
        "CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)"
    ).format(sql.Identifier(*target), sql.Identifier(*source))
    if partitioning:
        statement += sql.SQL(f" PARTITION BY {partitioning}")
    if options:
        statement += sql.SQL(f" WITH ({options})")
    await connection.execute(statement)
    await _copy_grants(connection, source, target)


async def index_definitions(connection: AsyncConnection, source: Table, target: Table) -> list[str]:
    """Return the statements that give `target` the indexes and keys of `source`, same names."""
    cursor = await connection.execute(
        "SELECT i.relname, pg_get_indexdef(x.indexrelid), pg_get_constraintdef(c.oid)"
        " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
        " LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.conrelid = x.indrelid"
        " WHERE x.indrelid = %s::regclass ORDER BY x.indexrelid",
        (qualified(source),),
    )
    there = qualified(target)
    statements = []
    for name, index, constraint in await cursor.fetchall():
        if constraint:
            named = sql.Identifier(name).as_string()
            statements.append(f"ALTER TABLE {there} ADD CONSTRAINT {named} {constraint}")
        else:
            # "CREATE INDEX name ON [ONLY] schema.table USING …": only the table changes, and
            # neither name can contain the words around it.
            head, _, tail = index.partition(" USING ")
            statements.append(f"{head.partition(' ON ')[0]} ON {there} USING {tail}")
    return statements


async def copy_triggers(
    connection: AsyncConnection,
    source: Table,
    target: Table,
    *,
    for_each_row: bool | None = None,
    suffix: str = "",
) -> None:
    """Give `target` the triggers of `source`, or only those of a kind, enabled the same way."""
    cursor = await connection.execute(
        "SELECT tgname, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        " AND (%s::boolean IS NULL OR (tgtype & 1 = 1) = %s)",
        (qualified(source), for_each_row, for_each_row),
    )
    for name, definition, enabled in await cursor.fetchall():
        named = sql.Identifier(name + suffix).as_string()
        there = qualified(target)
        # "CREATE TRIGGER name BEFORE … ON schema.table FOR EACH …"; quoted only if it must be.
        events, _, rest = definition.partition(" TRIGGER ")[2].partition(" ")[2].partition(" ON ")
        _, _, action = rest.partition(" FOR EACH ")
        await connection.execute(f"CREATE TRIGGER {named} {events} ON {there} FOR EACH {action}")
        if enabled == _ALWAYS:
            await connection.execute(f"ALTER TABLE {there} ENABLE ALWAYS TRIGGER {named}")


async def _copy_grants(connection: AsyncConnection, source: Table, target: Table) -> None:
    cursor = await connection.execute(
        "SELECT format('GRANT %%s ON %%s TO %%s', privilege_type, %s::text,"
        " CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)"
        " FROM pg_class, aclexplode(relacl) WHERE oid = %s::regclass",
        (qualified(target), qualified(source)),
    )
    for (grant,) in await cursor.fetchall():
        await connection.execute(grant)
