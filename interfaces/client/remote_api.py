"""The API of a running Annals at an address, with a token."""

import asyncio
import threading
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import msgspec

from application.ports.startup import OperationRefused
from interfaces.client.calls import PREFIX, Call, CallRefused, Reply

TIMEOUT_SECONDS = 35.0  # longer than the API waits for a view


class NotReachable(OperationRefused):
    """No Annals answers at the address."""


class RemoteApi:
    """Sends requests over a connection that stays open. May be used by several threads."""

    def __init__(self, url: str, token: str | None, *, position: int = 0) -> None:
        """`url` is where Annals runs, such as https://annals.example; `position` is what the caller
        has seen of its log.

        Raises:
            NotReachable: it is no address.
        """
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotReachable(f"{url} is no address. Give one such as https://annals.example.")
        self._parts = parts
        self._token = token
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._session = uuid4().hex
        self._position = position
        self.url = url

    @property
    def session(self) -> str | None:
        return self._session

    @property
    def position(self) -> int:
        return self._position

    async def ask(self, call: Call) -> Reply:
        try:
            return await asyncio.to_thread(self.ask_now, call)
        except NotReachable as reason:
            step = "Ask the user to start Annals, or to check ANNALS_URL."
            raise CallRefused("unavailable", str(reason), step) from reason

    def ask_now(self, call: Call) -> Reply:
        """Send a request, and wait for the answer.

        Raises:
            NotReachable: nothing answers, or what answers is no Annals.
        """
        with self._lock:
            try:
                reply = self._ask(call)
            except (OSError, HTTPException, msgspec.DecodeError) as error:
                self._connection = None
                raise NotReachable(
                    f"Annals does not answer at {self._parts.geturl()}: {error or 'no answer'}."
                ) from error
        position = reply.headers.get("annals-position", "")
        if reply.status == 410:
            self._position = 0
        elif position.isdigit():
            self._position = max(self._position, int(position))
        return reply

    def _ask(self, call: Call) -> Reply:
        if self._connection is not None and _may_be_repeated(call):
            try:
                return self._sent(call, self._connection)
            except (OSError, HTTPException):
                pass  # the server has closed it since: one more try, on a new connection
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        host = self._parts.hostname or ""
        self._connection = kind(host, self._parts.port, timeout=TIMEOUT_SECONDS)
        return self._sent(call, self._connection)

    def _sent(self, call: Call, connection: HTTPConnection) -> Reply:
        headers = {"Accept": "application/json", "User-Agent": "annals", **call.headers}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = None
        if call.body is not None:
            body = msgspec.json.encode(call.body)
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(call.query)}" if call.query else ""
        path = self._parts.path + PREFIX + call.path + query
        connection.request(call.method, path, body=body, headers=headers)
        return _reply(connection.getresponse())


def _may_be_repeated(call: Call) -> bool:
    return call.method == "GET" or "Idempotency-Key" in call.headers


def _reply(answer: HTTPResponse) -> Reply:
    content = answer.read()
    return Reply(
        status=answer.status,
        body=msgspec.json.decode(content) if content else None,
        headers={name.lower(): value for name, value in answer.getheaders()},
    )
