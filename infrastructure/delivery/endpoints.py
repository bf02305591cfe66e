"""Where browsers and programs are reached, and what signs what they are told.

None of it is in the log, which is kept for ever: an address like these lets anyone who has it
send to it, and a secret lets them pass for us.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from application.ports.endpoints import EndpointAddress
from domain.vocabulary import AccountId, ChannelName, EndpointId
from infrastructure.postgres.queries import QueryRunner

OVERLAP = timedelta(hours=24)  # for which two secrets sign while one replaces the other


class EndpointAddresses:
    """The table, for those who have no connection of their own."""

    def __init__(self, questions: QueryRunner) -> None:
        self._questions = questions

    async def keep(self, endpoint: EndpointAddress) -> EndpointAddress:
        """Keep it, unless one of this id is kept already; return the one that is."""
        await self._questions.run(keep, endpoint)
        return await self._questions.run(find, endpoint.id) or endpoint

    async def of_account(self, account: UUID) -> Mapping[EndpointId, EndpointAddress]:
        return await self._questions.run(of_account, account)

    async def rotate(self, endpoint_id: UUID, secret: str) -> None:
        """Sign with a new secret, and with the one before it for a day."""
        await self._questions.run(rotate, endpoint_id, secret)

    async def remove(self, endpoint_id: UUID) -> None:
        await self._questions.run(remove, endpoint_id)


async def keep(connection: AsyncConnection, endpoint: EndpointAddress) -> None:
    await connection.execute(
        "INSERT INTO endpoints (id, account, channel, address, secrets)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (
            endpoint.id,
            endpoint.account,
            endpoint.channel,
            endpoint.address,
            list(endpoint.secrets),
        ),
    )


async def find(connection: AsyncConnection, endpoint_id: UUID) -> EndpointAddress | None:
    """Return where it is, and only those of its secrets that still sign."""
    cursor = await connection.execute(
        "SELECT id, account, channel, address,"
        " CASE WHEN rotated_at > now() - %s THEN secrets ELSE secrets[1:1] END"
        " FROM endpoints WHERE id = %s AND removed_at IS NULL",
        (OVERLAP, endpoint_id),
    )
    row = await cursor.fetchone()
    return None if row is None else _address(row)


async def of_account(
    connection: AsyncConnection, account: UUID
) -> Mapping[EndpointId, EndpointAddress]:
    cursor = await connection.execute(
        "SELECT id, account, channel, address, secrets FROM endpoints"
        " WHERE account = %s AND removed_at IS NULL",
        (account,),
    )
    found = [_address(row) for row in await cursor.fetchall()]
    return {endpoint.id: endpoint for endpoint in found}


async def rotate(connection: AsyncConnection, endpoint_id: UUID, secret: str) -> None:
    await connection.execute(
        "UPDATE endpoints SET secrets = ARRAY[%s] || secrets[1:1], rotated_at = now()"
        " WHERE id = %s",
        (secret, endpoint_id),
    )


async def remove(connection: AsyncConnection, endpoint_id: UUID) -> None:
    await connection.execute(
        "UPDATE endpoints SET removed_at = now() WHERE id = %s", (endpoint_id,)
    )


async def forget_removed(connection: AsyncConnection) -> None:
    """Wipe out what was removed a day ago: addresses of others are not ours to keep."""
    await connection.execute("DELETE FROM endpoints WHERE removed_at < now() - interval '1 day'")


def _address(row: Sequence[Any]) -> EndpointAddress:
    endpoint_id, account, channel, address, secrets = row
    return EndpointAddress(
        id=EndpointId(endpoint_id),
        account=AccountId(account),
        channel=ChannelName(channel),
        address=address,
        secrets=tuple(secrets),
    )
