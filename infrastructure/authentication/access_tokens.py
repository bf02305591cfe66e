"""The secrets of personal access tokens, stored as hashes, and when each was last used."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection

from domain.vocabulary import TokenId
from infrastructure.authentication.token_format import digest, new_token
from infrastructure.postgres.queries import QueryRunner


class PostgresAccessTokens:
    """Keeps the secrets of tokens. What a token may do, and whether it is revoked, is in the log.

    A secret is stored before the log has its token: without it, a token would open nothing.
    """

    def __init__(self, queries: QueryRunner) -> None:
        self._queries = queries

    async def keep(self, account_id: UUID, token_id: UUID) -> str:
        """Store the hash of a new secret, and return the secret.

        Raises:
            Unavailable: the database does not answer.
        """
        token = new_token()
        await self._queries.run(_insert, account_id, token_id, digest(token))
        return token

    async def discard(self, token_id: UUID) -> None:
        """Delete the secret of a token that was revoked, or not created after all."""
        await self._queries.run(_delete, token_id)

    async def last_used(self, account_id: UUID) -> Mapping[TokenId, datetime]:
        """Return when the tokens of an account were last used; those never used are left out."""
        return await self._queries.run(_last_used, account_id)


async def _insert(
    connection: AsyncConnection, account_id: UUID, token_id: UUID, token_hash: bytes
) -> None:
    await connection.execute(
        "INSERT INTO access_tokens (token_hash, id, account_id) VALUES (%s, %s, %s)",
        (token_hash, token_id, account_id),
    )


async def _delete(connection: AsyncConnection, token_id: UUID) -> None:
    await connection.execute("DELETE FROM access_tokens WHERE id = %s", (token_id,))


async def _last_used(connection: AsyncConnection, account_id: UUID) -> Mapping[TokenId, datetime]:
    cursor = await connection.execute(
        "SELECT id, last_used_at FROM access_tokens"
        " WHERE account_id = %s AND last_used_at IS NOT NULL",
        (account_id,),
    )
    return {TokenId(token_id): at for token_id, at in await cursor.fetchall()}


async def find(connection: AsyncConnection, token_hash: bytes) -> tuple[UUID, UUID] | None:
    """Return the ids of the account and of the token with this hash."""
    cursor = await connection.execute(
        "SELECT account_id, id FROM access_tokens WHERE token_hash = %s", (token_hash,)
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else None


async def record_use(connection: AsyncConnection, token_ids: Collection[UUID]) -> None:
    """Record that these tokens were used just now, at most once a minute for each."""
    await connection.execute(
        "UPDATE access_tokens SET last_used_at = now() WHERE id = ANY(%s)"
        " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')",
        (list(token_ids),),
    )
