"""Live updates over a WebSocket: the same events, for the types and tasks one subscribes to."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.types.asgi_types import WebSocketResponseBodyEvent, WebSocketResponseStartEvent
from msgspec import UNSET, Meta, UnsetType

from application.ports import Unavailable
from domain.record import Record
from infrastructure.bootstrap import (
    LIVE_EVENTS,
    BadToken,
    Closed,
    Identity,
    LiveEvent,
    Resync,
    Service,
    TooManyStreams,
)
from interfaces.http.live.stream import ticket_holder, too_many
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.problems import MEDIA_TYPE, HttpProblem, Problem
from interfaces.http.protocol.rate_limit_headers import rate_limit_headers

# Close codes: those above 4000 are ours, and say what HTTP would have said.
TOKEN_ENDED, FORBIDDEN, RESTARTING, MALFORMED = 4401, 4403, 1012, 1007
CLOCK_CHECK_SECONDS = 15.0  # seconds between looks at the clock

Socket = WebSocket[Any, Any, Any]


class SocketSubscription(Record, forbid_unknown_fields=True):
    """Events of any of these types about any of these tasks; empty: of all of them."""

    types: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    tasks: Annotated[tuple[UUID, ...], Meta(max_length=1_000)] = ()
    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] | UnsetType = UNSET

    def wants(self, event: LiveEvent, tasks: frozenset[str]) -> bool:
        return (not self.types or event.type in self.types) and (
            not tasks or event.subject in tasks
        )


class SocketMessage(Record, forbid_unknown_fields=True):
    """What a client may say: one of these at a time."""

    subscribe: SocketSubscription | UnsetType = UNSET
    unsubscribe: SocketSubscription | UnsetType = UNSET
    token: str | UnsetType = UNSET
    ping: Any = UNSET


@websocket("/ws")
async def live_socket(socket: Socket) -> None:
    """Subscribe with {"subscribe": {"types": […], "tasks": […], "after": N}}."""
    opened: Service = socket.app.state.service
    async with AsyncExitStack() as stay:
        try:
            _check_room(socket)
            _check_origin(opened, socket)
            who = await ticket_holder(opened, socket)
            await stay.enter_async_context(opened.socket_limit.acquire(who.account_id))
        except HttpProblem as refusal:
            await _refuse(socket, refusal)
            return
        except TooManyStreams:
            await _refuse(socket, too_many(opened.socket_limit.most))
            return
        except Unavailable as away:
            await _refuse(socket, HttpProblem("unavailable", str(away)))
            return
        await socket.accept()
        await _Conversation(opened, socket, who).run()


class _Conversation:
    """One client hears what it subscribed to, and may say something at any time."""

    def __init__(self, opened: Service, socket: Socket, who: Identity) -> None:
        self._opened = opened
        self._socket = socket
        self._who = who
        self._subscriptions: dict[SocketSubscription, frozenset[str]] = {}
        self._changed = asyncio.Event()
        self._start: int | None = None

    async def run(self) -> None:
        tasks = {asyncio.create_task(self._listen()), asyncio.create_task(self._send_events())}
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()

    async def _send_events(self) -> None:
        after = _position(self._socket)
        async with self._opened.live.listen(self._who.account_id, after=after) as listener:
            while True:
                if (left := self._who.expires_at - time.time()) <= 0:
                    await self._socket.close(TOKEN_ENDED, "The token has ended.")
                    return
                try:
                    if not self._subscriptions:
                        self._changed.clear()
                        await self._opened.live.pause(
                            self._changed, timeout_seconds=min(CLOCK_CHECK_SECONDS, left)
                        )
                        continue
                    if self._start is not None:
                        listener.seek(self._start)
                        self._start = None
                    more = await listener.next_events(
                        timeout_seconds=min(CLOCK_CHECK_SECONDS, left)
                    )
                except Closed:
                    await self._socket.close(RESTARTING, "Go on elsewhere.")
                    return
                except Unavailable:
                    await asyncio.sleep(1)
                    continue
                await self._send(more)

    async def _send(self, more: Sequence[LiveEvent] | Resync) -> None:
        if isinstance(more, Resync):
            await self._socket.send_text(b'{"resync":%d}' % more.position)
            return
        for event in more:
            if any(s.wants(event, tasks) for s, tasks in self._subscriptions.items()):
                await self._socket.send_text(b'{"event":%b}' % event.json)
                LIVE_EVENTS.labels("websocket").inc()

    async def _listen(self) -> None:
        while True:
            try:
                text = await self._socket.receive_data(mode="text")
            except WebSocketDisconnect:
                return
            try:
                said = _said.decode(text)
            except msgspec.MsgspecError as error:
                await self._send_message(error=str(error))
                continue
            await self._handle(said)

    async def _handle(self, said: SocketMessage) -> None:
        if said.subscribe is not UNSET:
            wish = said.subscribe
            if not self._subscriptions and wish.after is not UNSET:
                self._start = wish.after
            self._subscriptions[_plain(wish)] = frozenset(map(str, wish.tasks))
            self._changed.set()
            await self._send_message(subscribed=_plain(wish))
        if said.unsubscribe is not UNSET:
            known = self._subscriptions.pop(_plain(said.unsubscribe), None) is not None
            await self._send_message(unsubscribed=_plain(said.unsubscribe), known=known)
        if said.token is not UNSET:
            await self._renew(said.token)
        if said.ping is not UNSET:
            await self._send_message(pong=said.ping)

    async def _renew(self, token: str) -> None:
        try:
            renewed = self._opened.tokens.verify(token)
        except BadToken as bad:
            await self._send_message(error=str(bad))
            return
        if renewed.account_id != self._who.account_id:
            await self._send_message(error="The token is somebody else's.")
            return
        self._who = renewed
        await self._send_message(good_until=renewed.expires_at)

    async def _send_message(self, **words: Any) -> None:
        await self._socket.send_text(msgspec.json.encode(words))


_said = msgspec.json.Decoder(SocketMessage)


def _plain(wish: SocketSubscription) -> SocketSubscription:
    return SocketSubscription(types=wish.types, tasks=wish.tasks)


def _position(socket: Socket) -> int | None:
    given = socket.query_params.get("after")
    return int(given) if given and given.isdecimal() and len(given) < 19 else None


def _check_room(socket: Socket) -> None:
    scope: Any = socket.scope
    if scope.get("full"):
        raise HttpProblem("unavailable", "This process is full.", headers={"Retry-After": "1"})
    verdict = scope.get("verdict")
    if verdict is not None and not verdict.allowed:
        sent = {name.decode(): value.decode() for name, value in rate_limit_headers(verdict)}
        raise HttpProblem("too-many-requests", "Ask again after Retry-After seconds.", headers=sent)


def _check_origin(opened: Service, socket: Socket) -> None:
    """A web page of a stranger must not use the credentials of its visitor."""
    origin = header(socket.scope, b"origin")
    if origin is None or origin in opened.settings.cors_origins:
        return
    if urlsplit(origin).netloc != header(socket.scope, b"host"):
        raise HttpProblem("not-permitted", f"Pages of {origin} may not open sockets here.")


async def _refuse(socket: Socket, refusal: HttpProblem) -> None:
    """Answer the handshake with a problem, where the server can; else close with its code."""
    kind = refusal.kind
    if "websocket.http.response" not in (socket.scope.get("extensions") or {}):
        await socket.accept()
        await socket.close(4000 + kind.status, str(refusal))
        return
    body = msgspec.json.encode(
        Problem(
            type=f"/problems/{kind.name}",
            title=kind.title,
            status=kind.status,
            detail=str(refusal),
            instance=socket.scope["path"],
            request_id=str(socket.scope.get("request_id", "")),
        )
    )
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    await socket.send(
        WebSocketResponseStartEvent(
            type="websocket.http.response.start", status=kind.status, headers=headers
        )
    )
    await socket.send(
        WebSocketResponseBodyEvent(type="websocket.http.response.body", body=body, more_body=False)
    )
