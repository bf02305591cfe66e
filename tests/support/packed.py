"""Responses as they were sent, before a client unpacks them."""

import gzip
import sys
from collections.abc import Callable, Mapping

import httpx

from domain.record import Record
from tests.support.api import Api

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
}


class Fetched(Record):
    """`sent` are the bytes of the response, `body` what they hold."""

    status: int
    headers: httpx.Headers
    sent: bytes
    body: bytes

    @property
    def coding(self) -> str:
        return str(self.headers.get("content-encoding", "identity"))


async def fetched(api: Api, address: str, headers: Mapping[str, str], **more: object) -> Fetched:
    """Return the response to a GET, or to a POST of `json`."""
    method = "POST" if more else "GET"
    asked = api.http.build_request(method, address, headers=headers, **more)  # type: ignore[arg-type]
    if "accept-encoding" not in httpx.Headers(dict(headers)):
        del asked.headers["accept-encoding"]  # httpx has one of its own
    answer = await api.http.send(asked, stream=True)
    sent = b"".join([part async for part in answer.aiter_raw()])
    coding = answer.headers.get("content-encoding", "identity")
    body = _UNPACK[coding](sent)
    return Fetched(status=answer.status_code, headers=answer.headers, sent=sent, body=body)
