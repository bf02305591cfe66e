"""The request as our handlers get it: its body is limited, and its context is typed."""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from litestar import Request
from litestar.exceptions import ClientException

from application.parts import ApiParts
from application.ports.identity import Identity
from domain.vocabulary import AccountId
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import authenticated
from interfaces.http.protocol.request_context import RequestContext, context_of

AnyRequest: TypeAlias = Request[Any, Any, Any]

MAX_BODY_BYTES = 1024 * 1024  # bytes


class AnnalsRequest(AnyRequest):
    """A request whose body is read at once and never beyond the limit."""

    _whole: bytes | None = None

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
            message: Mapping[str, Any] = await self.receive()
            body: bytes = message.get("body", b"")
            while message.get("more_body"):
                message = cast(Mapping[str, Any], await self.receive())
                body += message.get("body", b"")
                if len(body) > MAX_BODY_BYTES:
                    # Nothing can follow on a connection whose body is not read to its end.
                    raise HttpProblem(
                        "too-large",
                        "The body is larger than 1 MiB.",
                        headers={"Connection": "close"},
                    )
            if message["type"] == "http.disconnect":
                raise ClientException("The connection was closed before the body was complete.")
            self._whole = body
        return self._whole
