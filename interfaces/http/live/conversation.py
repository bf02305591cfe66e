"""One client of the WebSocket: it receives the events it subscribed to, and sends messages."""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect
from msgspec import UNSET, Meta, UnsetType

from application.parts import ApiParts
from application.ports.identity import BadToken, HeldIdentity
from application.ports.live import Closed, LiveEvent, Resync
from application.ports.signal import Signal
from application.ports.unavailable import Unavailable
from domain.record import Record
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.scopes import ACCESS, check_access, scope_of_event

# Close codes: those above 4000 are our own, and correspond to an HTTP status.
TOKEN_ENDED, REPLACED, RESTARTING, POLICY_VIOLATION = 4401, 4409, 1012, 1008
# What a socket may subscribe to, in all of its subscriptions together.
MAX_SUBSCRIPTIONS = 100
MAX_TASKS = 2_000
MAX_TYPES = 500
CLOCK_CHECK_SECONDS = 15.0  # seconds between checks whether the token has expired

Socket: TypeAlias = WebSocket[Any, Any, Any]


EventType = Annotated[str, Meta(max_length=100)]


class SocketSubscription(Record, forbid_unknown_fields=True):
    """Events of any of these types about any of these tasks; an empty list means all."""

    types: Annotated[tuple[EventType, ...], Meta(max_length=100)] = ()
    tasks: Annotated[tuple[UUID, ...], Meta(max_length=1_000)] = ()
    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] | UnsetType = UNSET


class SocketMessage(Record, forbid_unknown_fields=True):
    """A message of a client: one of these at a time."""

    subscribe: SocketSubscription | UnsetType = UNSET
    unsubscribe: SocketSubscription | UnsetType = UNSET
    token: str | UnsetType = UNSET
    ping: Any = UNSET


class WantedEvents(Record):
    """A subscription as it is stored: the same for any order of its types and tasks."""

    types: frozenset[str]
    tasks: frozenset[str]

    @classmethod
    def of(cls, asked: SocketSubscription) -> "WantedEvents":
        return cls(types=frozenset(asked.types), tasks=frozenset(map(str, asked.tasks)))

    def has(self, event: LiveEvent) -> bool:
        return (not self.types or event.type in self.types) and (
            not self.tasks or event.subject in self.tasks
        )


class Conversation:
    """Sends events and handles messages, until the client or the token is gone."""

    def __init__(
        self,
        parts: ApiParts,
        socket: Socket,
        held: HeldIdentity,
        replaced: Signal,
        *,
        after: int | None,
    ) -> None:
        self._parts = parts
        self._socket = socket
        self._held = held
        self._replaced = replaced
        self._after = after
        self._subscriptions: set[WantedEvents] = set()
        self._changed = asyncio.Event()
        self._start: int | None = None

    async def run(self) -> None:
        tasks = {
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._send_events()),
            asyncio.create_task(self._end_when_replaced()),
            asyncio.create_task(self._end_with_the_identity()),
        }
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()

    async def _end_when_replaced(self) -> None:
        await self._replaced.wait()
        await self._socket.close(REPLACED, "A newer connection of this device took its place.")

    async def _end_with_the_identity(self) -> None:
        await self._held.ended.wait()
        await self._socket.close(TOKEN_ENDED, "The session or the token has ended.")

    async def _send_events(self) -> None:
        after, account = self._after, self._held.identity.account_id
        async with self._parts.live.feed.listen(account, after=after) as listener:
            while True:
                if (left := self._held.identity.expires_at - time.time()) <= 0:
                    await self._socket.close(TOKEN_ENDED, "The token has expired.")
                    return
                try:
                    if not self._subscriptions:
                        self._changed.clear()
                        await self._parts.live.feed.pause(
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
                    await self._socket.close(RESTARTING, "Reconnect: this process restarts.")
                    return
                except Unavailable:
                    await asyncio.sleep(1)
                    continue
                await self._send(more)

    async def _send(self, more: Sequence[LiveEvent] | Resync) -> None:
        if isinstance(more, Resync):
            await self._socket.send_text(b'{"resync":%d}' % more.position)
            return
        scopes = self._held.identity.scopes
        for event in more:
            if scope_of_event(event.type) not in scopes:
                continue
            if any(wanted.has(event) for wanted in self._subscriptions):
                await self._socket.send_text(b'{"event":%b}' % event.json)
                self._parts.telemetry.events_sent("websocket", 1)

    async def _listen(self) -> None:
        while True:
            try:
                text = await self._socket.receive_data(mode="text")
            except WebSocketDisconnect:
                return
            try:
                message = _decoder.decode(text)
            except msgspec.MsgspecError as error:
                await self._send_message(error=str(error))
                continue
            except RecursionError:
                await self._send_message(error="The message is nested too deeply.")
                continue
            await self._handle(message)

    async def _handle(self, message: SocketMessage) -> None:
        if message.subscribe is not UNSET:
            wanted = message.subscribe
            if not self._subscriptions and wanted.after is not UNSET:
                self._start = wanted.after
            self._subscriptions.add(WantedEvents.of(wanted))
            if excess := self._excess():
                await self._socket.close(POLICY_VIOLATION, excess)
                return
            self._changed.set()
            await self._send_message(subscribed=_plain(wanted))
        if message.unsubscribe is not UNSET:
            unwanted = WantedEvents.of(message.unsubscribe)
            known = unwanted in self._subscriptions
            self._subscriptions.discard(unwanted)
            await self._send_message(unsubscribed=_plain(message.unsubscribe), known=known)
        if message.token is not UNSET:
            await self._renew(message.token)
        if message.ping is not UNSET:
            await self._send_message(pong=message.ping)

    def _excess(self) -> str | None:
        """Return what the client has subscribed to too much of, None if nothing."""
        subscriptions = self._subscriptions
        if len(subscriptions) > MAX_SUBSCRIPTIONS:
            return f"More than {MAX_SUBSCRIPTIONS} subscriptions."
        if sum(len(wanted.tasks) for wanted in subscriptions) > MAX_TASKS:
            return f"More than {MAX_TASKS} tasks in all subscriptions."
        if sum(len(wanted.types) for wanted in subscriptions) > MAX_TYPES:
            return f"More than {MAX_TYPES} types in all subscriptions."
        return None

    async def _renew(self, token: str) -> None:
        authenticator = self._parts.login.authenticator
        try:
            renewed = authenticator.recall(token)
            if renewed is None:
                renewed = await authenticator.prove(authenticator.claim(token))
            check_access(ACCESS["live_socket"], renewed)
        except (BadToken, HttpProblem, Unavailable) as refusal:
            await self._send_message(error=str(refusal))
            return
        if renewed.account_id != self._held.identity.account_id:
            await self._send_message(error="The token belongs to another account.")
            return
        self._held.renew(renewed)
        await self._send_message(good_until=renewed.expires_at)

    async def _send_message(self, **fields: Any) -> None:
        await self._socket.send_text(msgspec.json.encode(fields))


_decoder = msgspec.json.Decoder(SocketMessage)


def _plain(wanted: SocketSubscription) -> SocketSubscription:
    return SocketSubscription(types=wanted.types, tasks=wanted.tasks)
