"""Which password opens which account: the one thing about it that is no event, and can go."""

from uuid import UUID

from psycopg import AsyncConnection

from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.passwords import Passwords


class Credentials:
    def __init__(self, queries: QueryRunner, passwords: Passwords) -> None:
        self._queries = queries
        self._passwords = passwords

    async def set(self, account_id: UUID, password: str) -> None:
        await self._queries.run(_keep, account_id, await self._passwords.hash(password))

    async def forget(self, account_id: UUID) -> None:
        await self._queries.run(_forget, account_id)

    async def verify(self, account_id: UUID | None, password: str) -> bool:
        """Whether this is the account's password; for no account, a no that takes as long."""
        known = None
        if account_id is not None:
            known = await self._queries.run(_find, account_id)
        right = await self._passwords.verify(password, known)
        if account_id and known and right and self._passwords.outdated(known):
            await self.set(account_id, password)
        return right


async def _keep(connection: AsyncConnection, account_id: UUID, password_hash: str) -> None:
    await connection.execute(
        "INSERT INTO credentials (account_id, password_hash) VALUES (%s, %s)"
        " ON CONFLICT (account_id) DO UPDATE"
        " SET password_hash = excluded.password_hash, changed_at = now()",
        (account_id, password_hash),
    )


async def _find(connection: AsyncConnection, account_id: UUID) -> str | None:
    cursor = await connection.execute(
        "SELECT password_hash FROM credentials WHERE account_id = %s", (account_id,)
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def _forget(connection: AsyncConnection, account_id: UUID) -> None:
    await connection.execute("DELETE FROM credentials WHERE account_id = %s", (account_id,))
