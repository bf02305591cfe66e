"""The password of each account, kept outside the log so that it can be deleted."""

from uuid import UUID

from psycopg import AsyncConnection

from domain.errors import Invalid
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.passwords.common_passwords import is_common
from infrastructure.security.passwords.hashing import Passwords


class Credentials:
    """Sets, verifies and deletes the passwords of accounts."""

    def __init__(self, queries: QueryRunner, passwords: Passwords) -> None:
        self._queries = queries
        self._passwords = passwords

    async def set(self, account_id: UUID, password: str) -> None:
        """Store the password of an account, hashed.

        Raises:
            Invalid: everybody who guesses passwords tries this one first.
        """
        await self.keep(account_id, await self.prepare(password))

    async def prepare(self, password: str) -> str:
        """Return the hash of a password.

        Raises:
            Invalid: everybody who guesses passwords tries this one first.
        """
        if is_common(password):
            raise Invalid("password", "This password is among the most common; choose another.")
        return await self._passwords.hash(password)

    async def keep(self, account_id: UUID, password_hash: str) -> None:
        await self._queries.run(_keep, account_id, password_hash)

    async def forget(self, account_id: UUID) -> None:
        await self._queries.run(_forget, account_id)

    async def exists(self, account_id: UUID) -> bool:
        """Return whether the account has a password."""
        return await self._queries.run(_find, account_id) is not None

    async def verify(self, account_id: UUID | None, password: str) -> bool:
        """Return whether the account has this password; without an account, False after as long."""
        password_hash = None
        if account_id is not None:
            password_hash = await self._queries.run(_find, account_id)
        right = await self._passwords.verify(password, password_hash)
        if account_id and password_hash and right and self._passwords.outdated(password_hash):
            await self.keep(account_id, await self._passwords.hash(password))
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
