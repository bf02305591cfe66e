"""The tables of second factors: sealed secrets of apps, and digests of recovery codes.

A factor is removed here whatever its kind; passkeys have statements of their own beside this file.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from psycopg import AsyncConnection

from domain.record import Record
from domain.vocabulary import FactorId, FactorKind

# A secret that nobody confirmed is forgotten with the next one.
INSERT = """
WITH earlier AS (
    DELETE FROM second_factors WHERE account_id = %(account)s AND NOT confirmed AND kind = %(kind)s
)
INSERT INTO second_factors (id, account_id, kind, secret)
VALUES (%(id)s, %(account)s, %(kind)s, %(secret)s)
"""
# Of two logins with one code at the same time, the second waits for the first, and fails.
USE_STEP = """
UPDATE second_factors SET last_step = %(step)s
WHERE id = %(id)s AND (last_step IS NULL OR last_step < %(step)s)
"""


class StoredSecret(Record):
    """A secret that an app makes codes of, sealed."""

    id: UUID
    secret: bytes


async def insert(
    connection: AsyncConnection, factor_id: UUID, account_id: UUID, sealed: bytes
) -> None:
    given = {"id": factor_id, "account": account_id, "kind": FactorKind.TOTP, "secret": sealed}
    await connection.execute(INSERT, given)


async def is_needed(connection: AsyncConnection, account_id: UUID) -> bool:
    cursor = await connection.execute(
        "SELECT FROM second_factors WHERE account_id = %s AND confirmed LIMIT 1", (account_id,)
    )
    return await cursor.fetchone() is not None


async def secrets_of(
    connection: AsyncConnection, account_id: UUID, *, confirmed: bool
) -> Sequence[StoredSecret]:
    cursor = await connection.execute(
        "SELECT id, secret FROM second_factors"
        " WHERE account_id = %s AND kind = %s AND confirmed = %s",
        (account_id, FactorKind.TOTP, confirmed),
    )
    return [StoredSecret(id=row[0], secret=row[1]) for row in await cursor.fetchall()]


async def use_step(connection: AsyncConnection, factor_id: UUID, step: int) -> bool:
    """Use the code of a time step; return False if it, or a later one, was used before."""
    cursor = await connection.execute(USE_STEP, {"id": factor_id, "step": step})
    return cursor.rowcount == 1


async def confirm(connection: AsyncConnection, account_id: UUID, factor_id: UUID) -> None:
    await connection.execute(
        "UPDATE second_factors SET confirmed = true WHERE account_id = %s AND id = %s",
        (account_id, factor_id),
    )


async def remove(connection: AsyncConnection, account_id: UUID, factor_id: UUID) -> None:
    async with connection.transaction():
        await connection.execute(
            "DELETE FROM second_factors WHERE account_id = %s AND id = %s", (account_id, factor_id)
        )
        await connection.execute(
            "DELETE FROM recovery_codes WHERE account_id = %(account)s AND NOT EXISTS"
            " (SELECT FROM second_factors WHERE account_id = %(account)s AND confirmed)",
            {"account": account_id},
        )


async def forget(connection: AsyncConnection, account_id: UUID) -> None:
    async with connection.transaction():
        await connection.execute("DELETE FROM second_factors WHERE account_id = %s", (account_id,))
        await connection.execute("DELETE FROM recovery_codes WHERE account_id = %s", (account_id,))


async def replace_codes(
    connection: AsyncConnection, account_id: UUID, digests: Sequence[bytes]
) -> None:
    async with connection.transaction():
        await connection.execute("DELETE FROM recovery_codes WHERE account_id = %s", (account_id,))
        for digest in digests:
            await connection.execute(
                "INSERT INTO recovery_codes (account_id, digest) VALUES (%s, %s)",
                (account_id, digest),
            )


async def use_code(connection: AsyncConnection, account_id: UUID, digest: bytes) -> bool:
    cursor = await connection.execute(
        "DELETE FROM recovery_codes WHERE account_id = %s AND digest = %s", (account_id, digest)
    )
    return cursor.rowcount == 1


def new_id() -> FactorId:
    return FactorId(uuid4())
