"""A page is encoded piece by piece, and the requests of others go on between two pieces."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

from domain.record import Record
from interfaces.http.protocol.answers import MAX_GROWTH, Returned
from interfaces.http.protocol.paging import converted
from interfaces.http.server.app import litestar_app
from projections.pauses import PIECE_BYTES, ROW_BYTES, Pauses
from tests.support.turns import Ticker

pytestmark = pytest.mark.anyio


class Page(Record):
    items: Sequence[str]
    next_cursor: str | None = None


class Seen(list[str]):
    """Items that note the turns that others have had when each is taken."""

    def __init__(self, items: Sequence[str], ticker: Ticker) -> None:
        super().__init__(items)
        self._ticker = ticker

    def __getitem__(self, taken: Any) -> Any:
        found = super().__getitem__(taken)
        for _ in found:
            self._ticker.note()
        return found


async def body_of(page: Record) -> bytes:
    sent = list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    response = Returned(page).to_asgi_response(None, None)
    await response({}, None, send)
    start, body = sent
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(body["body"])
    assert start["status"] == 200
    return bytes(body["body"])


async def test_a_page_is_encoded_like_any_record() -> None:
    many = ["a", "ü" * 70_000, *map(str, range(100))]
    for page in (Page(items=[]), Page(items=["a", "ü"], next_cursor="x"), Page(items=many)):
        assert await body_of(page) == msgspec.json.encode(page)


@pytest.mark.parametrize("size", [10, 5_000, 100_000])
async def test_others_go_on_after_each_piece_of_a_page(size: int) -> None:
    async with Ticker() as ticker:
        await body_of(Page(items=Seen(["x" * size] * 200, ticker)))
    assert ticker.most_between_turns() <= 2 * PIECE_BYTES // size + 1


async def test_long_rows_behind_a_short_one_are_encoded_few_at_once() -> None:
    long = ["x" * 100_000] * 200
    async with Ticker() as ticker:
        await body_of(Page(items=Seen(["short", *long], ticker)))
    assert ticker.most_between_turns() <= MAX_GROWTH + 1


async def test_a_pause_comes_after_each_piece_and_not_before() -> None:
    pauses = Pauses()
    async with Ticker() as ticker:
        for _ in range(64):
            ticker.note()
            if pauses.due(ROW_BYTES):
                await pauses.pause()
    assert ticker.most_between_turns() == PIECE_BYTES // (2 * ROW_BYTES)


def test_every_page_of_a_route_is_encoded_in_pieces() -> None:
    """A response that a handler makes itself is encoded at once."""
    handlers = {
        handler.handler_id: handler
        for route in litestar_app().routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler)
    }
    pages = 0
    for handler in handlers.values():
        field = handler.parsed_fn_signature.return_type
        body = field.inner_types[0].annotation if field.inner_types else field.annotation
        if "next_cursor" in getattr(body, "__struct_fields__", ()):
            assert field.annotation is body, f"{handler} makes a response of {body}"
            pages += 1
    assert pages >= 10


async def test_others_go_on_while_rows_are_converted() -> None:
    async with Ticker() as ticker:

        def convert(row: int) -> str:
            ticker.note()
            return str(row)

        assert await converted(range(200), convert) == [str(row) for row in range(200)]
    assert ticker.most_between_turns() == PIECE_BYTES // ROW_BYTES
