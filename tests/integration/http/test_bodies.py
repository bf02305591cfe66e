"""A body whose sender nobody knows must be small and come soon."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from interfaces.http.protocol import request
from interfaces.http.protocol.request import MAX_BODY_BYTES, body_limit
from tests.support.api import Api, Person

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/auth/login", 4_096),
        ("/api/v1/auth/refresh", 4_096),
        ("/api/v1/auth/register", 8_192),
        ("/api/v1/confirm/word", 4_096),
        ("/api/v1/tasks", MAX_BODY_BYTES),
        ("/api/v1/authors", MAX_BODY_BYTES),
    ],
)
def test_the_limit_of_a_body_is_that_of_its_route(path: str, most: int) -> None:
    assert body_limit(path) == most


async def test_a_body_that_is_half_sent_is_cut_off_sooner_without_an_account(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "ANONYMOUS_BODY_SECONDS", 0.05)
    go_on = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b'{"title": '
        await go_on.wait()
        yield b'"Water the plants"}'

    headers = {"Content-Type": "application/json"}
    slow = await api.http.post("/auth/login", content=half(), headers=headers)
    assert (slow.status_code, slow.json()["type"]) == (408, "/problems/too-slow")
    assert slow.headers["connection"] == "close"
    headers["Authorization"] = f"Bearer {ada.tokens['access_token']}"
    patient = asyncio.create_task(api.http.post("/tasks", content=half(), headers=headers))
    again = await api.http.post(
        "/auth/login", content=half(), headers={**headers, "Authorization": "Bearer x"}
    )
    assert again.status_code == 408
    assert not patient.done()
    go_on.set()
    assert (await patient).status_code == 201


@pytest.mark.parametrize("body", [gzip.compress(b'{"title": "a"}'), b"{"])
async def test_a_compressed_body_is_refused_in_words(api: Api, ada: Person, body: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {ada.tokens['access_token']}",
        "Content-Type": "application/json",
    }
    coded = {**headers, "Content-Encoding": "gzip"}
    refused = await api.http.post("/tasks", content=body, headers=coded)
    assert (refused.status_code, refused.headers["accept-encoding"]) == (415, "identity")
    assert refused.json()["detail"] == "Send the body as it is, without Content-Encoding."
    broken = await api.http.post("/tasks", content=body, headers=headers)
    assert broken.status_code == 400


@pytest.mark.parametrize("coding", ["gzip, chunked", "identity", "CHUNKED, chunked"])
async def test_a_transfer_coding_that_is_not_understood_is_refused(
    api: Api, ada: Person, coding: str
) -> None:
    headers = {
        "Authorization": f"Bearer {ada.tokens['access_token']}",
        "Content-Type": "application/json",
    }
    task = b'{"title": "a"}'
    coded = {**headers, "Transfer-Encoding": coding}
    refused = await api.http.post("/tasks", content=task, headers=coded)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")
    plain = {**headers, "Transfer-Encoding": "Chunked"}
    assert (await api.http.post("/tasks", content=task, headers=plain)).status_code == 201
