"""The addresses and secrets of push subscriptions and webhooks.

They are not in the log, which is kept for ever: with the address anyone can send to it, and with
the secret anyone can sign as this service.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from application.ports.endpoints import EndpointAddress, KeptEndpoint
from domain.vocabulary import AccountId, ChannelName, EndpointId
from infrastructure.postgres.queries import QueryRunner

OVERLAP = timedelta(hours=24)  # in which the old secret signs as well after a rotation


class EndpointAddresses:
    """The endpoint table, through a query runner. Every method raises Unavailable if the database
    cannot be reached."""

    def __init__(self, query_runner: QueryRunner) -> None:
        self._query_runner = query_runner

    async def keep(self, endpoint: EndpointAddress) -> KeptEndpoint | None:
        """Insert the endpoint unless its id exists; return the stored endpoint, None if that was
        removed since."""
        inserted = await self._query_runner.run(keep, endpoint)
        stored = await self._query_runner.run(find, endpoint.id)
        return None if stored is None else KeptEndpoint(endpoint=stored, inserted=inserted)

    async def discard(self, endpoint_id: UUID) -> None:
        await self._query_runner.run(discard, endpoint_id)

    async def of_account(self, account: UUID) -> Mapping[EndpointId, EndpointAddress]:
        return await self._query_runner.run(of_account, account)

    async def rotate(self, endpoint_id: UUID, secret: str) -> None:
        """Add a new secret; the one before it signs as well for a day."""
        await self._query_runner.run(rotate, endpoint_id, secret)

    async def remove(self, endpoint_id: UUID) -> None:
        await self._query_runner.run(remove, endpoint_id)


async def keep(connection: AsyncConnection, endpoint: EndpointAddress) -> bool:
    """Insert the endpoint; return False if its id exists."""
    cursor = await connection.execute(
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
    return cursor.rowcount == 1


async def discard(connection: AsyncConnection, endpoint_id: UUID) -> None:
    await connection.execute("DELETE FROM endpoints WHERE id = %s", (endpoint_id,))


async def find(connection: AsyncConnection, endpoint_id: UUID) -> EndpointAddress | None:
    """Return the endpoint with those of its secrets that still sign, None if it was removed."""
    cursor = await connection.execute(
        "SELECT id, account, channel, address,"
        " CASE WHEN rotated_at > now() - %s THEN secrets ELSE secrets[1:1] END,"
        " rotated_at IS NOT NULL"
        " FROM endpoints WHERE id = %s AND removed_at IS NULL",
        (OVERLAP, endpoint_id),
    )
    row = await cursor.fetchone()
    return None if row is None else _address(row)


async def of_account(
    connection: AsyncConnection, account: UUID
) -> Mapping[EndpointId, EndpointAddress]:
    cursor = await connection.execute(
        "SELECT id, account, channel, address, secrets, rotated_at IS NOT NULL FROM endpoints"
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


async def delete_removed(connection: AsyncConnection) -> None:
    """Delete what was removed a day ago: it is personal data."""
    await connection.execute("DELETE FROM endpoints WHERE removed_at < now() - interval '1 day'")


def _address(row: Sequence[Any]) -> EndpointAddress:
    endpoint_id, account, channel, address, secrets, rotated = row
    return EndpointAddress(
        id=EndpointId(endpoint_id),
        account=AccountId(account),
        channel=ChannelName(channel),
        address=address,
        secrets=tuple(secrets),
        rotated=rotated,
    )
