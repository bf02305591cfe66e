"""Sends the requests of a batch: side by side, or one after another in a transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from application.command_handler import MAX_ATTEMPTS
from application.transaction import UNKNOWN_POSITIONS, Transaction
from domain.errors import Conflict
from interfaces.http.batch.batch_plan import Planned, in_order
from interfaces.http.middleware.response_headers import rate_limit_headers
from interfaces.http.problems.documents import MEDIA_TYPE, problem_document
from interfaces.http.problems.problem_types import PROBLEM_TYPES
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.request_context import RequestContext
from interfaces.http.rewriting.inner_request import InnerResponse, respond_within

AT_ONCE = 32  # requests of a batch that are handled at the same time
MAX_ANSWER_BYTES = 4 * 1024 * 1024  # of all answers together; what only reads is cut off there
POSITION, CHANGE = b"annals-position", b"annals-change"


class BatchRequests:
    """The requests of one batch. Each counts against the rate limit of the account, once."""

    def __init__(self, request: AnnalsRequest, requests: Sequence[Planned]) -> None:
        self._outer = request
        self._requests = requests
        self._order = in_order(requests)
        self._bytes = 0

    async def side_by_side(self) -> Sequence[InnerResponse]:
        """Return the answers; a request waits only for those that it depends on."""
        places = asyncio.Semaphore(AT_ONCE)
        running: dict[int, asyncio.Task[InnerResponse]] = {}

        async def one(place: int) -> InnerResponse:
            for before in self._requests[place].after:
                if (await running[before]).status >= 400:
                    return self._failed(place, "A request that it depends on failed.")
            async with places:
                return await self._limited(place) or await self._send(place, self._outer.context)

        for place in self._order:
            running[place] = asyncio.create_task(one(place))
        try:
            return [await running[place] for place in range(len(self._requests))]
        finally:
            for task in running.values():
                task.cancel()

    async def together(self) -> Sequence[InnerResponse]:
        """Return the answers of requests that are recorded in one append, or not at all.

        Raises:
            Conflict: others changed the same streams at the same time, again and again.
            DomainError: the account may not record so much.
            Unavailable: the store cannot be reached.
        """
        for place in self._order:
            if limited := await self._limited(place):
                return self._nothing_recorded(place, limited)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            transaction = Transaction(self._outer.parts.commands)
            try:
                return await self._in(transaction)
            except Conflict:
                if attempt == MAX_ATTEMPTS:
                    raise
        raise AssertionError

    async def _in(self, transaction: Transaction) -> Sequence[InnerResponse]:
        outer = self._outer.context
        quotas = outer.parts.quotas
        # Quotas are counted once, at the end, for what is then recorded.
        parts = replace(outer.parts, commands=transaction.commands, quotas=None)
        context = replace(outer, parts=parts)
        responses: dict[int, InnerResponse] = {}
        for place in self._order:
            response = responses[place] = await self._send(place, context)
            if response.status >= 400:
                return self._nothing_recorded(place, response)
        positions = await transaction.commit(self._outer.identity.actor, quotas)
        return [
            replace(found, headers=_with_positions(found.headers, positions))
            for _, found in sorted(responses.items())
        ]

    def _nothing_recorded(self, place: int, why: InnerResponse) -> Sequence[InnerResponse]:
        id_ = self._requests[place].id
        detail = f"Nothing was recorded, because the request {id_!r} of the batch was refused."
        return [
            why if each == place else self._failed(each, detail)
            for each in range(len(self._requests))
        ]

    async def _send(self, place: int, context: RequestContext) -> InnerResponse:
        request = self._requests[place].request
        own = replace(context, limit=None)
        response = await respond_within(self._outer.app, self._outer.scope, own, request)
        self._bytes += len(response.body)
        if self._bytes > MAX_ANSWER_BYTES and request.method == "GET":
            self._bytes -= len(response.body)
            detail = "The answers of the batch are larger than 4 MiB; send this request alone."
            return self._problem(place, "too-large", detail)
        return response

    async def _limited(self, place: int) -> InnerResponse | None:
        """Count a request; return the refusal if it is one too many."""
        context = self._outer.context
        limit = await context.parts.limiter.check_request(context.address, self._outer.account_id)
        if limit is None or limit.allowed:
            return None
        kind = PROBLEM_TYPES["too-many-requests"]
        refusal = self._problem(place, "too-many-requests", kind.advice)
        return replace(refusal, headers=[*refusal.headers, *rate_limit_headers(limit)])

    def _failed(self, place: int, detail: str) -> InnerResponse:
        return self._problem(place, "failed-dependency", detail)

    def _problem(self, place: int, name: str, detail: str) -> InnerResponse:
        kind = PROBLEM_TYPES[name]
        path = self._requests[place].request.url.partition("?")[0]
        document = problem_document(
            kind,
            detail=detail,
            instance=path[:256],
            request_id=self._outer.context.request_id,
        )
        headers = [(b"content-type", MEDIA_TYPE.encode())]
        return InnerResponse(status=kind.status, headers=headers, body=document)


def _with_positions(headers: Any, positions: Sequence[int]) -> list[tuple[bytes, bytes]]:
    """Return the headers with the position at which an event was recorded."""
    return [
        (name, _position(value, positions) if name == POSITION else value)
        for name, value in headers
    ]


def _position(value: bytes, positions: Sequence[int]) -> bytes:
    place = int(value) - UNKNOWN_POSITIONS
    return value if place < 0 else b"%d" % positions[place]


def latest_headers(
    responses: Sequence[InnerResponse], change_id: UUID
) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of the batch: the latest log position that its answers name, and the id of
    its change, if one of them recorded anything."""
    named: list[Mapping[bytes, bytes]] = [dict(each.headers) for each in responses]
    positions = [int(each[POSITION]) for each in named if POSITION in each]
    headers = [(POSITION, b"%d" % max(positions))] if positions else []
    change = str(change_id).encode()
    if any(each.get(CHANGE) == change for each in named):
        headers.append((CHANGE, change))
    return headers
