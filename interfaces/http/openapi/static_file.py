"""Files that never change while a process runs: compressed once, and not sent to who has them."""

import gzip
from collections.abc import Mapping
from functools import cached_property
from hashlib import blake2b
from typing import Any

from litestar import Response

from interfaces.http.protocol.headers import header
from interfaces.http.rewriting.compression import accepts_gzip


class StaticFile:
    """`headers` are those of its responses, beside ETag and Vary; `small` is the body as gzip,
    where it was compressed with more care than there is time for while clients wait."""

    def __init__(
        self,
        body: bytes,
        media_type: str,
        headers: Mapping[str, str],
        small: bytes | None = None,
    ) -> None:
        self.body = body
        self._small = small
        self._media_type = media_type
        self._headers = headers

    @cached_property
    def digest(self) -> str:
        return blake2b(self.body, digest_size=12).hexdigest()

    @cached_property
    def compressed(self) -> bytes:
        return self._small or gzip.compress(self.body, mtime=0)

    def respond(self, scope: Mapping[str, Any]) -> Response[bytes]:
        """Return the file, or 304 if the client has it already (If-None-Match)."""
        zipped = accepts_gzip(header(scope, b"accept-encoding"))
        tag = f'"{self.digest}{"-gzip" if zipped else ""}"'
        headers = {**self._headers, "ETag": tag, "Vary": "Accept-Encoding"}
        asked = header(scope, b"if-none-match") or ""
        if tag in {known.strip().removeprefix("W/") for known in asked.split(",")}:
            return Response(b"", status_code=304, headers=headers)
        if zipped:
            headers["Content-Encoding"] = "gzip"
        body = self.compressed if zipped else self.body
        return Response(body, media_type=self._media_type, headers=headers)
