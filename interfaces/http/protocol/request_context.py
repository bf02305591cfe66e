"""The context of a request: its ids, address, identity and limits; the edge creates it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct
from structlog.contextvars import bind_contextvars

from application.parts import ApiParts
from application.ports.identity import BadToken, Identity
from application.ports.limits import LimitResult
from application.ports.unavailable import Unavailable

KEY = "annals"  # of the ASGI scope


class RequestContext(Struct, kw_only=True):
    """The context of one request or one socket.

    `identity` is proved by a token or a ticket; `unproved` says why a token proved nothing.
    `request_id` may be the client's word (`request_id_given`), `correlation_id` is ours: two
    accounts that send the same id share no correlation, and nobody can join the events of another.
    `change_id` names what the request records, and is new with every request.
    `limit` is the result of the last count. `status` is that of the response, 0 until it begins.
    `refusal` is the problem type with which a socket is to be refused: a response can be sent only
    by the application. `crowded`: the address has more requests in progress than it may have.
    """

    parts: ApiParts
    request_id: str
    correlation_id: UUID
    change_id: UUID
    address: str
    request_id_given: bool = False
    traceparent: str | None = None
    identity: Identity | None = None
    unproved: BadToken | Unavailable | None = None
    limit: LimitResult | None = None
    status: int = 0
    refusal: str | None = None
    crowded: bool = False

    def belongs_to(self, identity: Identity) -> None:
        """Keep who sent the request.

        Requests of one account with the same id get the same correlation id. Without an id of
        the client, the correlation id stays the random one.
        """
        self.identity = identity
        if not self.request_id_given:
            return
        self.correlation_id = self.parts.names.correlation_id(identity.actor, self.request_id)
        bind_contextvars(correlation_id=self.correlation_id)


def context_of(scope: Mapping[str, Any]) -> RequestContext:
    context: RequestContext = scope[KEY]
    return context
