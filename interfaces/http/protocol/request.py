"""The request as our handlers get it: its body is limited, and its context is typed."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from litestar import Request
from litestar.connection.base import empty_receive, empty_send
from litestar.exceptions import ClientException

from application.parts import ApiParts
from application.ports.identity import Identity
from domain.vocabulary import AccountId
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import authenticated
from interfaces.http.protocol.request_context import RequestContext, context_of

AnyRequest: TypeAlias = Request[Any, Any, Any]

MAX_BODY_BYTES = 1024 * 1024  # bytes
# The most that routes take which anybody may call: the longest prefix of the path counts.
MAX_ANONYMOUS_BODY_BYTES: Mapping[str, int] = {
    "/api/v1/auth/": 4 * 1024,
    "/api/v1/auth/register": 8 * 1024,
    "/api/v1/unsubscribe/": 4 * 1024,
    "/api/v1/confirm/": 4 * 1024,
    "/api/v1/verify/": 4 * 1024,
    "/api/v1/reset-password/": 4 * 1024,
}
_ANONYMOUS = tuple(MAX_ANONYMOUS_BODY_BYTES)
# Seconds in which a body must come whose sender is not known; the connection allows others more.
ANONYMOUS_BODY_SECONDS = 10.0


def body_limit(path: str) -> int:
    """Return how many bytes the body of a request to this path may have."""
    if not path.startswith(_ANONYMOUS):
        return MAX_BODY_BYTES
    prefixes = [prefix for prefix in MAX_ANONYMOUS_BODY_BYTES if path.startswith(prefix)]
    return MAX_ANONYMOUS_BODY_BYTES[max(prefixes, key=len)]


class AnnalsRequest(AnyRequest):
    """A request whose body is read at once and never beyond the limit.

    What else Litestar keeps of a request is prepared when it is first needed: by few handlers.
    """

    _whole: bytes | None = None
    _prepared = False

    def __init__(self, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send

    def __getattr__(self, name: str) -> Any:
        if self._prepared:
            raise AttributeError(name)
        self._prepared = True
        super().__init__(self.scope, self.receive, self.send)
        return getattr(self, name)

    @property
    def context(self) -> RequestContext:
        return context_of(self.scope)

    @property
    def parts(self) -> ApiParts:
        return self.context.parts

    @property
    def identity(self) -> Identity:
        """Return the identity of the client.

        Raises:
            HttpProblem: 401, the client did not prove one.
        """
        return authenticated(self.context)

    @property
    def account_id(self) -> AccountId:
        return self.identity.account_id

    async def body(self) -> bytes:
        if self._whole is None:
            most = body_limit(self.scope["path"])
            known = self.context.identity is not None
            self._whole = await (self._read(most) if known else self._read_soon(most))
        return self._whole

    async def _read_soon(self, most: int) -> bytes:
        """Read the body of a client that nobody knows, who gets less time for it."""
        try:
            async with asyncio.timeout(ANONYMOUS_BODY_SECONDS):
                return await self._read(most)
        except TimeoutError:
            raise HttpProblem(
                "too-slow",
                f"The body was not complete within {ANONYMOUS_BODY_SECONDS:g} seconds.",
                headers={"Connection": "close"},
            ) from None

    async def _read(self, most: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while True:
            message = cast(Mapping[str, Any], await self.receive())
            piece = message.get("body", b"")
            pieces.append(piece)
            size += len(piece)
            if size > most:
                # Nothing can follow on a connection whose body is not read to its end.
                limit = "1 MiB" if most == MAX_BODY_BYTES else f"{most // 1024} KiB"
                raise HttpProblem(
                    "too-large",
                    f"The body is larger than {limit}.",
                    headers={"Connection": "close"},
                )
            if not message.get("more_body"):
                break
        if message["type"] == "http.disconnect":
            raise ClientException("The connection was closed before the body was complete.")
        return b"".join(pieces) if len(pieces) > 1 else pieces[0]
