"""The WebSocket of live updates: who may open it, and how it is refused."""

from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from litestar import websocket

from application.ports.limits import TooManyStreams
from application.ports.unavailable import Unavailable
from interfaces.http.live.conversation import Conversation, Socket
from interfaces.http.live.stream import MAX_DEVICE_LENGTH, too_many
from interfaces.http.middleware.response_headers import rate_limit_headers
from interfaces.http.middleware.socket_refusal import refuse_handshake
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.problems.problem_types import PROBLEM_TYPES
from interfaces.http.protocol.authentication import authenticated, identify_with_ticket
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.parameters import named_values
from interfaces.http.protocol.request_context import RequestContext, context_of
from interfaces.http.protocol.scopes import ACCESS, check_access
from interfaces.http.protocol.values import whole_number

PARAMETERS = frozenset(("after", "device", "ticket"))
MAX_ORIGIN_LENGTH = 300  # characters


@websocket("/ws")
async def live_socket(socket: Socket) -> None:
    """Subscribe with {"subscribe": {"types": […], "tasks": […], "after": N}}."""
    context = context_of(socket.scope)
    limit = context.parts.live.socket_limit
    async with AsyncExitStack() as stay:
        try:
            _check_admission(context)
            _check_origin(context, socket)
            await identify_with_ticket(context, socket.scope)
            identity = authenticated(context)
            named_values(socket.scope["query_string"], PARAMETERS)
            after = _after(socket)
            check_access(ACCESS["live_socket"], identity)
            replaced = await stay.enter_async_context(
                limit.acquire(identity.account_id, device=_device(socket))
            )
        except HttpProblem as refusal:
            await _refuse(socket, refusal)
            return
        except TooManyStreams:
            await _refuse(socket, too_many(limit))
            return
        except Unavailable as away:
            await _refuse(socket, HttpProblem("unavailable", str(away)))
            return
        held = stay.enter_context(context.parts.login.authenticator.hold(identity))
        await socket.accept()
        await Conversation(context.parts, socket, held, replaced, after=after).run()


def _after(socket: Socket) -> int | None:
    given = socket.query_params.get("after")
    position = None if given is None else whole_number(given)
    if given is not None and position is None:
        raise HttpProblem("invalid", "after must be a position, such as 42.", field="after")
    return position


def _device(socket: Socket) -> str | None:
    device = socket.query_params.get("device")
    if device is not None and not 1 <= len(device) <= MAX_DEVICE_LENGTH:
        raise HttpProblem(
            "invalid", f"device must have 1–{MAX_DEVICE_LENGTH} characters.", field="device"
        )
    return device


def _check_admission(context: RequestContext) -> None:
    """Raise the refusal of the edge, which cannot send a response to a socket itself."""
    if context.refusal is None:
        return
    headers = {}
    if context.refusal == "unavailable":
        headers["Retry-After"] = "1"
    elif context.limit is not None:
        pairs = rate_limit_headers(context.limit)
        headers = {name.decode(): value.decode() for name, value in pairs}
    advice = PROBLEM_TYPES[context.refusal].advice
    raise HttpProblem(context.refusal, advice, headers=headers)


def _check_origin(context: RequestContext, socket: Socket) -> None:
    """A web page of another origin must not use the credentials of its visitor."""
    origin = header(socket.scope, b"origin")
    if origin is None or origin in context.parts.live.origins:
        return
    if _place(origin) != (header(socket.scope, b"host") or "").lower():
        raise HttpProblem(
            "not-permitted", f"Pages of {origin[:MAX_ORIGIN_LENGTH]} may not open sockets here."
        )


def _place(origin: str) -> str | None:
    """Return the host and port of an origin, or None if it is not one."""
    if len(origin) > MAX_ORIGIN_LENGTH:
        return None
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


async def _refuse(socket: Socket, refusal: HttpProblem) -> None:
    await refuse_handshake(socket.scope, socket.send, refusal.kind, str(refusal), refusal.headers)
