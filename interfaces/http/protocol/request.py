"""The request as our handlers get it."""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from litestar import Request
from litestar.exceptions import ClientException

from interfaces.http.protocol.problems import HttpProblem

AnyRequest: TypeAlias = Request[Any, Any, Any]

MAX_BODY_BYTES = 1024 * 1024  # bytes


class AnnalsRequest(AnyRequest):
    """A request whose body is read at once and never beyond the limit."""

    _whole: bytes | None = None

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
                raise ClientException("The connection was closed before the body was whole.")
            self._whole = body
        return self._whole
