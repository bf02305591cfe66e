"""Requests to providers: JSON within bounds of time and size, in threads of their own."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog

from application.channels import DeliveryFailed
from application.ports.unavailable import Unavailable
from infrastructure.channels.http_exchange import HttpRequest, HttpResponse
from infrastructure.channels.outbound import Outbound

MAX_BODY_BYTES = 256 * 1024
TIMEOUT_SECONDS = 8.0  # of a request; a login makes up to four of them
THREADS = 8
FORM = "application/x-www-form-urlencoded"

log = structlog.get_logger()


class ProviderRefused(Exception):
    """The provider refused a request; the message is its error code."""


class ProviderRequests:
    """Sends requests to providers, which the operator chose: they may be on private networks."""

    def __init__(self) -> None:
        everywhere = (ip_network("0.0.0.0/0"), ip_network("::/0"))
        self._outbound = Outbound(allowed=everywhere, timeout_seconds=TIMEOUT_SECONDS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="oidc")

    async def get(self, url: str, *, bearer: str | None = None) -> dict[str, Any]:
        """Return the JSON object at `url`.

        Raises:
            Unavailable: there is none, or the provider does not answer.
        """
        headers = {"Accept": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        request = HttpRequest(method="GET", headers=headers, wanted_bytes=MAX_BODY_BYTES)
        response = await self._send(url, request)
        if response.status != HTTPStatus.OK:
            raise _unavailable(url, f"status {response.status}")
        return _object(url, response)

    async def post(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Post a form and return the JSON object that answers it.

        Raises:
            ProviderRefused: the status is 400 or 401.
            Unavailable: the provider does not answer, or not with JSON.
        """
        request = HttpRequest(
            method="POST",
            body=urlencode(fields).encode(),
            headers={"Accept": "application/json", "Content-Type": FORM, **headers},
            wanted_bytes=MAX_BODY_BYTES,
        )
        response = await self._send(url, request)
        if response.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            raise ProviderRefused(str(_object(url, response).get("error", "no reason"))[:100])
        if response.status != HTTPStatus.OK:
            raise _unavailable(url, f"status {response.status}")
        return _object(url, response)

    async def _send(self, url: str, request: HttpRequest) -> HttpResponse:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._outbound.send, url, request)
        except DeliveryFailed as failed:
            raise _unavailable(url, str(failed)) from failed


def _object(url: str, response: HttpResponse) -> dict[str, Any]:
    try:
        return msgspec.json.decode(response.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _unavailable(url, "no JSON object") from None


def _unavailable(url: str, reason: str) -> Unavailable:
    log.warning("oidc_provider_failed", url=url, reason=reason)
    return Unavailable("The login provider")
