"""The password hashes: the one thing about an account that is no event and can be forgotten."""

from uuid import UUID

from psycopg import AsyncConnection


async def keep(connection: AsyncConnection, account_id: UUID, password_hash: str) -> None:
    await connection.execute(
        "INSERT INTO credentials (account_id, password_hash) VALUES (%s, %s)"
        " ON CONFLICT (account_id) DO UPDATE"
        " SET password_hash = excluded.password_hash, changed_at = now()",
        (account_id, password_hash),
    )


async def find(connection: AsyncConnection, account_id: UUID) -> str | None:
    cursor = await connection.execute(
        "SELECT password_hash FROM credentials WHERE account_id = %s", (account_id,)
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def forget(connection: AsyncConnection, account_id: UUID) -> None:
    await connection.execute("DELETE FROM credentials WHERE account_id = %s", (account_id,))
