"""Live updates as Server-Sent Events: the client's public events, from any position on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Literal

from litestar import Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from application.parts import ApiParts
from application.ports.identity import Identity
from application.ports.limits import StreamLimit, TooManyStreams
from application.ports.live import Closed, Resync
from application.ports.unavailable import Unavailable
from domain.record import Record
from interfaces.http.live.frames import EventTypes, Frames
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import MAX_TICKET_LENGTH
from interfaces.http.protocol.held_stream import HeldStream
from interfaces.http.protocol.parameters import only_known
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.scopes import scope_of_event
from interfaces.http.protocol.values import LARGEST, whole_number

MAX_DEVICE_LENGTH = 100
KEEP_ALIVE_SECONDS = 20.0  # seconds


class Ticket(Record):
    """Opens one stream: `GET /api/v1/stream?ticket=…`, within `expires_in` seconds."""

    ticket: str
    expires_in: int


@post(
    "/tickets",
    operation_id="create_stream_ticket",
    operation_class=Documented,
    responses=problems(401, 503),
)
async def create_ticket(request: AnnalsRequest) -> Ticket:
    """Create a ticket for one stream, for clients that cannot send headers (EventSource)."""
    await only_known(request)
    tickets = request.parts.live.tickets
    ticket = await tickets.issue(request.identity)
    return Ticket(ticket=ticket, expires_in=tickets.life_seconds)


@get(
    "/",
    operation_id="stream",
    operation_class=Documented,
    before_request=only_known,
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
        QueryParameter(ge=0, le=LARGEST, description="After this position; by default from now on"),
    ] = None,
    last_event_id: Annotated[
        str | None,
        HeaderParameter(
            name="Last-Event-ID",
            description="As `after`, sent by EventSource itself; the later of both applies",
        ),
    ] = None,
    named: Annotated[
        Literal["yes", "no", "true", "false"],
        QueryParameter(
            description="`no`: every frame is a `message`, and the `type` in its data names the"
            " event, so that one listener gets them all"
        ),
    ] = "yes",
    ticket: Annotated[
        str | None,
        QueryParameter(max_length=MAX_TICKET_LENGTH, description="A ticket, in place of a token"),
    ] = None,
    device: Annotated[
        str | None,
        QueryParameter(
            min_length=1,
            max_length=MAX_DEVICE_LENGTH,
            description="A name of your choice; the newest stream of a device ends the one before",
        ),
    ] = None,
) -> Response[None]:
    """Listen to changes of your data as they happen, or resume after any position."""
    parts, identity = request.parts, request.identity
    position = _resume(after, last_event_id)
    limit, stay = parts.live.stream_limit, AsyncExitStack()
    try:
        replaced = await stay.enter_async_context(limit.acquire(identity.account_id, device=device))
    except TooManyStreams:
        raise too_many(limit) from None
    held = stay.enter_context(parts.login.authenticator.hold(identity))
    frames = Frames(named=named in {"yes", "true"})
    return HeldStream(
        _sent(parts, identity, position, frames),
        stay,
        media_type="text/event-stream",
        # Proxies that buffer responses would hold back every event.
        headers=[(b"x-accel-buffering", b"no")],
        endings={
            replaced: b"event: replaced\ndata: {}\n\n",
            held.ended: frames.signal("expired"),
        },
    )


@get(
    "/types",
    operation_id="list_event_types",
    operation_class=Documented,
    responses=problems(400, 422),
    before_request=only_known,
    sync_to_thread=False,
)
def event_types() -> EventTypes:
    """List the types of the events that a stream can send."""
    return EventTypes()


def too_many(limit: StreamLimit) -> HttpProblem:
    return HttpProblem(
        "too-many-streams",
        f"You have {limit.most} streams open, which is the maximum. Close one first.",
        # By then the streams of a killed process no longer count.
        headers={"Retry-After": str(int(limit.life_seconds))},
    )


def _resume(after: int | None, last_event_id: str | None) -> int | None:
    if last_event_id is None:
        return after
    position = whole_number(last_event_id)
    if position is None:
        raise HttpProblem(
            "malformed",
            "Last-Event-ID must be an id of this stream.",
            field="Last-Event-ID",
        )
    return max(position, after or 0)


async def _sent(
    parts: ApiParts, identity: Identity, after: int | None, frames: Frames
) -> AsyncIterator[bytes]:
    async with parts.live.feed.listen(identity.account_id, after=after) as listener:
        # The first position, so that a client that is disconnected at once can resume there.
        yield b"retry: 2000\n" + frames.signal("listening", listener.position)
        while (left := identity.expires_at - time.time()) > 0:
            try:
                more = await listener.next_events(timeout_seconds=min(KEEP_ALIVE_SECONDS, left))
            except Closed:
                return
            except Unavailable:
                await asyncio.sleep(1)
                more = ()
            if isinstance(more, Resync):
                yield frames.signal("resync", more.position)
            elif more:
                heard = [event for event in more if scope_of_event(event.type) in identity.scopes]
                if heard:
                    yield b"".join(map(frames.event, heard))
                    parts.telemetry.events_sent("sse", len(heard))
            else:
                yield b": keep-alive\n\n"
        yield frames.signal("expired")


STREAM = Router(
    "/stream",
    route_handlers=[stream, create_ticket],
    tags=["Live"],
)
EVENT_TYPES = Router("/stream", route_handlers=[event_types], tags=["Live"])
