"""Reads the requests of a batch before any of them is sent: addresses, headers and their order."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from msgspec import UNSET

from domain.record import Record
from interfaces.http.batch.batch_bodies import BatchItem
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.rewriting.inner_request import InnerRequest

ROOT = "/api/v1/"
_URL = re.compile(r"/?[A-Za-z0-9_~!$&'()*+,;=:@%.-][!\"$-\[\]^-~]*\Z")  # no space, # or \
# Streams have no end, exports no bound; who logs in has no identity yet; a batch has one level.
_ALONE = re.compile(
    r"/api/v1/(?:auth|stream|live|batch|audit/export|notifications/stream|unsubscribe|confirm"
    r"|verify|reset-password)(?:/|\Z)"
)
# What one append can record: commands for tasks and lists, and nothing beside events.
_RECORDED = re.compile(r"/api/v1/(?:tasks(?!/bulk/?\Z)|lists)(?:/|\Z)")
_HEADERS = frozenset(
    ("if-match", "if-none-match", "idempotency-key", "annals-min-position", "content-type")
)
_SLASHES = re.compile(r"/+")
_VALUE = re.compile(r"[\x20-\x7e]{0,1000}\Z")


class Planned(Record):
    """A request of a batch, and the places of those that it depends on."""

    id: str
    request: InnerRequest
    after: Sequence[int]


def planned(items: Sequence[BatchItem], *, key: str | None, atomic: bool) -> Sequence[Planned]:
    """Return the requests as they are sent. `key` is the Idempotency-Key of the batch: it counts
    for each request without a key of its own.

    Raises:
        HttpProblem: 400, an id, an address, a header or a dependency is wrong; 422, a request
            cannot be part of an atomic batch.
    """
    places: dict[str, int] = {}
    for place, item in enumerate(items):
        if item.id in places:
            raise _malformed(place, "id", f"{item.id!r} is the id of two requests.")
        places[item.id] = place
    found = []
    for place, item in enumerate(items):
        path = _path(place, item)
        if atomic and (item.method == "GET" or not _RECORDED.match(_plain(path))):
            raise HttpProblem(
                "invalid",
                f"requests[{place}] cannot be in an atomic batch: only commands for tasks and lists"
                " can be recorded together.",
                field=f"requests[{place}].url",
            )
        for name in item.depends_on:
            if name not in places:
                raise _malformed(place, "dependsOn", f"There is no request {name!r}.")
        found.append(
            Planned(
                id=item.id,
                request=InnerRequest(
                    method=item.method,
                    url=path + item.url[len(item.url.partition("?")[0]) :],
                    headers=_headers(place, item, key),
                    body=b"" if item.body is UNSET else bytes(item.body),
                ),
                after=[places[name] for name in item.depends_on],
            )
        )
    return found


def in_order(requests: Sequence[Planned]) -> Sequence[int]:
    """Return the places in an order in which each comes after those that it depends on.

    Raises:
        HttpProblem: 400, some depend on each other.
    """
    order: dict[int, None] = {}
    while len(order) < len(requests):
        ready = [
            place
            for place, each in enumerate(requests)
            if place not in order and all(before in order for before in each.after)
        ]
        if not ready:
            place = next(place for place in range(len(requests)) if place not in order)
            raise _malformed(place, "dependsOn", "It depends on itself, by way of others.")
        # The earliest alone: requests that need not wait keep their order.
        order[ready[0]] = None
    return list(order)


def _path(place: int, item: BatchItem) -> str:
    path = item.url.partition("?")[0]
    if not _URL.match(item.url) or "://" in path or ".." in unquote(path).split("/"):
        raise _malformed(
            place, "url", "A url is a path, such as /api/v1/tasks/…, with an optional query."
        )
    path = path if path.startswith(ROOT) else ROOT + path.removeprefix("/")
    if _ALONE.match(_plain(path)):
        raise _malformed(place, "url", f"{path} cannot be in a batch; send it alone.")
    return path


def _plain(path: str) -> str:
    """Return the path that the routes are compared with, whatever its spelling."""
    return _SLASHES.sub("/", unquote(path))


def _headers(place: int, item: BatchItem, key: str | None) -> Sequence[tuple[bytes, bytes]]:
    given: Mapping[str, str] = {} if item.headers is UNSET else item.headers
    headers = {name.lower(): value for name, value in given.items()}
    for name, value in headers.items():
        if name not in _HEADERS:
            raise _malformed(
                place, "headers", f"{name[:60]} cannot be in a batch; the batch itself can have it."
            )
        if not _VALUE.match(value):
            raise _malformed(place, "headers", f"The value of {name} is not printable ASCII.")
    if len(headers) < len(given):
        raise _malformed(place, "headers", "A header is given twice.")
    if item.body is not UNSET:
        headers.setdefault("content-type", "application/json")
    if key is not None and item.method != "GET":
        own = hashlib.sha256(f"{len(key)} {key} {item.id}".encode()).hexdigest()
        headers.setdefault("idempotency-key", own)
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _malformed(place: int, field: str, detail: str) -> HttpProblem:
    return HttpProblem(
        "malformed",
        f"requests[{place}].{field}: {detail}",
        field=f"requests[{place}].{field}",
    )
