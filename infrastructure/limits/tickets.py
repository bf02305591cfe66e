"""Single-use tickets for streams: browsers cannot send an access token when they open a stream."""

import secrets

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports.identity import Identity
from application.ports.unavailable import Unavailable

LIFE_SECONDS = 30  # seconds in which a ticket can be redeemed
_PREFIX = "annals:ticket:"


class Tickets:
    """Tickets are stored in Redis only; a client whose ticket is lost requests a new one."""

    life_seconds = LIFE_SECONDS

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis

    async def issue(self, identity: Identity) -> str:
        """Return a ticket that can be redeemed once, within `LIFE_SECONDS`.

        Raises:
            Unavailable: Redis cannot be reached.
        """
        if self._redis is None:
            raise Unavailable("Redis")
        ticket = secrets.token_urlsafe(32)
        try:
            await self._redis.set(_PREFIX + ticket, msgspec.json.encode(identity), ex=LIFE_SECONDS)
        except RedisError as error:
            raise Unavailable("Redis") from error
        return ticket

    async def redeem(self, ticket: str) -> Identity | None:
        """Return the identity the ticket was issued to; None if it is used, expired or unknown.

        Raises:
            Unavailable: Redis cannot be reached.
        """
        if self._redis is None:
            raise Unavailable("Redis")
        try:
            found = await self._redis.getdel(_PREFIX + ticket)
        except RedisError as error:
            raise Unavailable("Redis") from error
        return msgspec.json.decode(found, type=Identity) if found else None
