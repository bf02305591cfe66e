"""Tickets that open one stream each: for browsers, which cannot send an access token with it."""

import secrets

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports import Unavailable
from application.ports.identity import Identity

LIFE_SECONDS = 30  # seconds
_PREFIX = "annals:ticket:"


class Tickets:
    """Kept in Redis alone: if they are lost, the browser asks for another."""

    life_seconds = LIFE_SECONDS

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis

    async def issue(self, identity: Identity) -> str:
        """Return a ticket good for one use within `LIFE` seconds.

        Raises:
            Unavailable: Redis is away.
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
        """Return who was given the ticket; None when it is used, old, or none of ours.

        Raises:
            Unavailable: Redis is away.
        """
        if self._redis is None:
            raise Unavailable("Redis")
        try:
            found = await self._redis.getdel(_PREFIX + ticket)
        except RedisError as error:
            raise Unavailable("Redis") from error
        return msgspec.json.decode(found, type=Identity) if found else None
