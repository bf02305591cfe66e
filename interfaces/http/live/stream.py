"""Live updates as Server-Sent Events: what concerns the asker, from any position on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from application.ports import Unavailable
from domain.record import Record
from infrastructure.bootstrap import (
    LIVE_EVENTS,
    SEAT_LIFE,
    TICKET_LIFE,
    Closed,
    Identity,
    LiveEvent,
    Resync,
    Service,
    TooManyStreams,
)
from interfaces.http.live.event_stream import EventStream
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.authentication import authenticate, service
from interfaces.http.protocol.parameters import only_known
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest, AnyRequest

KEEP_ALIVE_SECONDS = 20.0  # seconds
LATEST = 2**63 - 1


class Ticket(Record):
    """Opens one stream: `GET /api/v1/stream?ticket=…`, within `expires_in` seconds."""

    ticket: str
    expires_in: int


async def authenticate_with_ticket(request: AnyRequest) -> None:
    """Before a handler of a stream: who asks, by a token or by a ticket."""
    await only_known(request)
    request.scope["auth"] = await ticket_holder(service(request), request)


async def ticket_holder(opened: Service, request: Any) -> Identity:
    """Return who asks for a stream. `request` may be that of a socket, too."""
    ticket = request.query_params.get("ticket")
    if ticket is None:
        return authenticate(request)
    identity = await opened.tickets.redeem(ticket)
    if identity is None:
        raise HttpProblem(
            "not-authenticated", "The ticket is used up or too old; POST /api/v1/stream/tickets."
        )
    return identity


@post(
    "/tickets",
    operation_id="create_stream_ticket",
    operation_class=Documented,
    responses=problems(401, 503),
)
async def create_ticket(request: AnnalsRequest) -> Ticket:
    """Get a ticket for one stream, where no header can be sent with it (EventSource)."""
    await only_known(request)
    ticket = await service(request).tickets.issue(authenticate(request))
    return Ticket(ticket=ticket, expires_in=TICKET_LIFE)


@get(
    "/",
    operation_id="stream",
    operation_class=Documented,
    before_request=authenticate_with_ticket,
    responses={
        200: ResponseSpec(
            data_container=str,
            media_type="text/event-stream",
            description="`id` is the position, `event` the type, `data` a CloudEvent",
        ),
        **problems(400, 401, 422, 429, 503),
    },
)
async def stream(
    request: AnnalsRequest,
    after: Annotated[
        int | None,
        QueryParameter(ge=0, le=LATEST, description="From this position on; else from now on"),
    ] = None,
    last_event_id: Annotated[
        str | None,
        HeaderParameter(name="Last-Event-ID", description="As `after`; sent by EventSource itself"),
    ] = None,
    ticket: Annotated[
        str | None, QueryParameter(max_length=100, description="Instead of a token")
    ] = None,
) -> Response[None]:
    """Listen to what happens to what is yours, as it happens; resume anywhere, missing nothing."""
    opened, who = service(request), request.scope["auth"]
    place = _resume(after, last_event_id)
    stay = AsyncExitStack()
    try:
        await stay.enter_async_context(opened.stream_limit.acquire(who.account_id))
    except TooManyStreams:
        raise too_many(opened.stream_limit.most) from None
    return EventStream(_frames(opened, who, place), stay)


def too_many(most: int) -> HttpProblem:
    return HttpProblem(
        "too-many-streams",
        f"You have {most} of these open already, which is the most; close one first.",
        # By then those of a process that was killed are free again.
        headers={"Retry-After": str(int(SEAT_LIFE))},
    )


def _resume(after: int | None, last_event_id: str | None) -> int | None:
    if after is not None or last_event_id is None:
        return after
    if not last_event_id.isdecimal() or int(last_event_id) > LATEST:
        raise HttpProblem(
            "malformed", "Last-Event-ID must be an id this stream gave.", field="Last-Event-ID"
        )
    return int(last_event_id)


async def _frames(opened: Service, who: Identity, after: int | None) -> AsyncIterator[bytes]:
    async with opened.live.listen(who.account_id, after=after) as listener:
        # Where it begins, so that a client that loses the line at once can resume there.
        yield b"retry: 2000\nid: %d\nevent: listening\ndata: {}\n\n" % listener.position
        while (left := who.expires_at - time.time()) > 0:
            try:
                more = await listener.next_events(timeout_seconds=min(KEEP_ALIVE_SECONDS, left))
            except Closed:
                return
            except Unavailable:
                await asyncio.sleep(1)
                more = ()
            if isinstance(more, Resync):
                yield b"id: %d\nevent: resync\ndata: {}\n\n" % more.position
            elif more:
                yield b"".join(map(_frame, more))
                LIVE_EVENTS.labels("sse").inc(len(more))
            else:
                yield b": keep-alive\n\n"
        yield b"event: expired\ndata: {}\n\n"


def _frame(told: LiveEvent) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (told.position, told.type.encode(), told.json)


STREAM = Router(
    "/stream",
    route_handlers=[stream, create_ticket],
    tags=["Live"],
    security=[{"bearer": []}],
)
