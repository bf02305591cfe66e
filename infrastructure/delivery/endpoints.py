"""The addresses and secrets of push subscriptions and webhooks, sealed.

They are not in the log, which is kept for ever: with the address anyone can send to it, and with
the secret anyone can sign as this service.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from psycopg import AsyncConnection

from application.ports.endpoints import EndpointAddress, KeptEndpoint
from domain.vocabulary import AccountId, ChannelName, EndpointId
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.sealed import CannotOpen, Sealed

log = structlog.get_logger()

Row: TypeAlias = tuple[Any, ...]  # id, account, channel, address, secrets, whether rotated

OVERLAP = timedelta(hours=24)  # in which the old secret signs as well after a rotation


class SealedEndpointAddresses:
    """The endpoint table, through a query runner. Every method raises Unavailable if the database
    cannot be reached."""

    def __init__(self, query_runner: QueryRunner, secret: bytes) -> None:
        """`secret` is the secret of the installation."""
        self._query_runner = query_runner
        self._addresses = Sealed(secret, "endpoint address")
        self._secrets = Sealed(secret, "endpoint secret")

    async def keep(self, endpoint: EndpointAddress) -> KeptEndpoint | None:
        """Insert the endpoint unless its id exists; return the stored endpoint, None if that was
        removed since."""
        address = self._addresses.seal(endpoint.id, endpoint.address.encode())
        secrets = [self._secret(endpoint.id, secret) for secret in endpoint.secrets]
        inserted = await self._query_runner.run(_keep, endpoint, address, secrets)
        stored = await self.find(endpoint.id)
        return None if stored is None else KeptEndpoint(endpoint=stored, inserted=inserted)

    async def find(self, endpoint_id: UUID) -> EndpointAddress | None:
        """Return the endpoint with those of its secrets that still sign, None if it was removed."""
        row = await self._query_runner.run(_find, endpoint_id)
        return None if row is None else self._opened(row)

    async def discard(self, endpoint_id: UUID) -> None:
        await self._query_runner.run(_discard, endpoint_id)

    async def of_account(self, account: UUID) -> Mapping[EndpointId, EndpointAddress]:
        rows = await self._query_runner.run(_of_account, account)
        found = [endpoint for row in rows if (endpoint := self._opened(row)) is not None]
        return {endpoint.id: endpoint for endpoint in found}

    async def rotate(self, endpoint_id: UUID, secret: str) -> None:
        """Add a new secret; the one before it signs as well for a day."""
        await self._query_runner.run(_rotate, endpoint_id, self._secret(endpoint_id, secret))

    async def remove(self, endpoint_id: UUID) -> None:
        await self._query_runner.run(_remove, endpoint_id)

    async def put_back(self, account: UUID, endpoint_ids: Set[UUID]) -> bool:
        return await self._query_runner.run(_put_back, account, endpoint_ids)

    def _secret(self, endpoint_id: UUID, secret: str) -> bytes:
        return self._secrets.seal(endpoint_id, secret.encode())

    def _opened(self, row: Row) -> EndpointAddress | None:
        """Return the endpoint of a row, None if somebody changed the row: nothing is sent there."""
        endpoint_id, account, channel, address, secrets, rotated = row
        try:
            return EndpointAddress(
                id=EndpointId(endpoint_id),
                account=AccountId(account),
                channel=ChannelName(channel),
                address=self._addresses.open(endpoint_id, address).decode(),
                secrets=tuple(self._secrets.open(endpoint_id, one).decode() for one in secrets),
                rotated=rotated,
            )
        except CannotOpen:
            log.warning("endpoint_cannot_be_opened", endpoint=str(endpoint_id))
            return None


async def _keep(
    connection: AsyncConnection, endpoint: EndpointAddress, address: bytes, secrets: list[bytes]
) -> bool:
    """Insert the endpoint; return False if its id exists."""
    cursor = await connection.execute(
        "INSERT INTO endpoints (id, account, channel, address, secrets)"
        " VALUES (%s, %s, %s, %s, %s::bytea[]) ON CONFLICT (id) DO NOTHING",
        (endpoint.id, endpoint.account, endpoint.channel, address, secrets),
    )
    return cursor.rowcount == 1


async def _discard(connection: AsyncConnection, endpoint_id: UUID) -> None:
    await connection.execute("DELETE FROM endpoints WHERE id = %s", (endpoint_id,))


async def _find(connection: AsyncConnection, endpoint_id: UUID) -> Row | None:
    cursor = await connection.execute(
        "SELECT id, account, channel, address,"
        " CASE WHEN rotated_at > now() - %s THEN secrets ELSE secrets[1:1] END,"
        " rotated_at IS NOT NULL"
        " FROM endpoints WHERE id = %s AND removed_at IS NULL",
        (OVERLAP, endpoint_id),
    )
    return await cursor.fetchone()


async def _of_account(connection: AsyncConnection, account: UUID) -> Sequence[Row]:
    cursor = await connection.execute(
        "SELECT id, account, channel, address, secrets, rotated_at IS NOT NULL FROM endpoints"
        " WHERE account = %s AND removed_at IS NULL",
        (account,),
    )
    return await cursor.fetchall()


async def _rotate(connection: AsyncConnection, endpoint_id: UUID, secret: bytes) -> None:
    await connection.execute(
        "UPDATE endpoints SET secrets = ARRAY[%s::bytea] || secrets[1:1], rotated_at = now()"
        " WHERE id = %s",
        (secret, endpoint_id),
    )


async def _remove(connection: AsyncConnection, endpoint_id: UUID) -> None:
    await connection.execute(
        "UPDATE endpoints SET removed_at = now() WHERE id = %s", (endpoint_id,)
    )


async def _put_back(connection: AsyncConnection, account: UUID, endpoint_ids: Set[UUID]) -> bool:
    cursor = await connection.execute(
        "UPDATE endpoints SET removed_at = NULL WHERE account = %s AND id = ANY(%s)",
        (account, list(endpoint_ids)),
    )
    return cursor.rowcount == len(endpoint_ids)


async def delete_removed(connection: AsyncConnection) -> None:
    """Delete what was removed a day ago: it is personal data."""
    await connection.execute("DELETE FROM endpoints WHERE removed_at < now() - interval '1 day'")
