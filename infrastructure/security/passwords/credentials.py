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

    async def verify(self, account_id: UUID | None, password: str) -> str | None:
        """Return a proof that the account has this password, for `is_current`; None: it has not.

        Without an account, return None after as long.
        """
        found = None
        if account_id is not None:
            found = await self._queries.run(_find, account_id)
        right = await self._passwords.verify(password, found)
        if account_id is None or found is None or not right:
            return None
        if not self._passwords.outdated(found):
            return found
        renewed = await self._passwords.hash(password)
        # Only in place of the hash that was verified: the password may have changed meanwhile.
        await self._queries.run(_renew, account_id, found, renewed)
        return renewed

    async def is_current(self, account_id: UUID, proof: str) -> bool:
        """Return whether the password that was verified is still that of the account."""
        return await self._queries.run(_find, account_id) == proof


async def _keep(connection: AsyncConnection, account_id: UUID, password_hash: str) -> None:
    await connection.execute(
        "INSERT INTO credentials (account_id, password_hash) VALUES (%s, %s)"
        " ON CONFLICT (account_id) DO UPDATE"
        " SET password_hash = excluded.password_hash, changed_at = now()",
        (account_id, password_hash),
    )


async def _renew(connection: AsyncConnection, account_id: UUID, old: str, new: str) -> None:
    await connection.execute(
        "UPDATE credentials SET password_hash = %s WHERE account_id = %s AND password_hash = %s",
        (new, account_id, old),
    )


async def _find(connection: AsyncConnection, account_id: UUID) -> str | None:
    cursor = await connection.execute(
        "SELECT password_hash FROM credentials WHERE account_id = %s", (account_id,)
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def _forget(connection: AsyncConnection, account_id: UUID) -> None:
    await connection.execute("DELETE FROM credentials WHERE account_id = %s", (account_id,))
