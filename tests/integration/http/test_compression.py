"""Responses are compressed as Accept-Encoding asks, and those that hold secrets never."""

import json
import re
from typing import Any

import msgspec
import pytest

from interfaces.http.openapi.docs import document
from interfaces.http.rewriting.codings import Coding, Wanted, wanted_coding
from interfaces.http.rewriting.compression import MIN_BYTES, holds_secret
from interfaces.http.server.app import litestar_app
from tests.support.api import ADDRESS, Api, Person
from tests.support.packed import fetched

ROOT = "http://annals.test"
FILES = ["/openapi.json", "/docs", "/docs/rapidoc-min.js"]
ZSTD, GZIP = Wanted(coding=Coding.ZSTD), Wanted(coding=Coding.GZIP)
AS_IT_IS = Wanted()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", AS_IT_IS),
        ("identity", AS_IT_IS),
        ("br", AS_IT_IS),
        ("gzip", GZIP),
        ("x-gzip", GZIP),
        ("zstd", ZSTD),
        ("gzip, deflate, br, zstd", ZSTD),  # what browsers send
        ("gzip, deflate", GZIP),
        ("*", ZSTD),
        ("br, GZIP;q=0.5", GZIP),
        ("zstd;q=0.5, gzip;q=0.8", GZIP),
        ("zstd;q=0.8, gzip;q=0.8", ZSTD),
        ("zstd ; q=0.001", ZSTD),
        ("gzip;q=0", AS_IT_IS),
        ("gzip; q=0.000, br", AS_IT_IS),
        ("zstd;q=0, *", GZIP),
        ("gzip, *;q=0", Wanted(coding=Coding.GZIP, always=True)),
        ("*;q=0", AS_IT_IS),  # nothing is left; the body as it is says more than a refusal
        ("identity;q=0", AS_IT_IS),
        ("identity;q=0, gzip", Wanted(coding=Coding.GZIP, always=True)),
        ("identity;q=0, *", Wanted(coding=Coding.ZSTD, always=True)),
        ("identity, gzip;q=0.5", AS_IT_IS),
        ("identity;q=0.5, gzip", GZIP),
        ("identity;q=0.5, *;q=0", AS_IT_IS),
        ("identity;q=0.5, gzip;q=0.5", GZIP),
        ("gzip;q=2", AS_IT_IS),
        ("gzip;q=-1", AS_IT_IS),
        ("gzip;q=0.1234", AS_IT_IS),
        ("gzip;q=", AS_IT_IS),
        ("gzip;q=nan", AS_IT_IS),
        ("gzip;level=9", AS_IT_IS),
        (",,gzip,", GZIP),
        ("gzip" + "," * 2000, AS_IT_IS),  # longer than any list that is meant
        ("gzipped", AS_IT_IS),
        ("\xff\xfe", AS_IT_IS),
    ],
)
def test_the_coding_is_that_which_a_client_likes_best(value: str, expected: Wanted) -> None:
    assert wanted_coding([value.encode("latin-1")]) == expected


@pytest.mark.parametrize("path", FILES)
async def test_a_file_is_compressed_and_not_sent_twice(api: Api, path: str) -> None:
    plain = await fetched(api, ROOT + path, {})
    assert plain.coding == "identity"
    tags = {plain.headers["etag"]}
    for coding in Coding:
        packed = await fetched(api, ROOT + path, {"accept-encoding": f"br, {coding}"})
        assert packed.coding == coding
        assert int(packed.headers["content-length"]) == len(packed.sent) < len(plain.sent)
        assert packed.body == plain.body
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        tags.add(packed.headers["etag"])
        for listed, status in ((packed, 304), (plain, 200)):
            known = {"if-none-match": f'"other", W/{listed.headers["etag"]}'}
            again = await fetched(api, ROOT + path, {"accept-encoding": coding, **known})
            assert again.status == status
            assert again.headers["etag"] == packed.headers["etag"]
    assert len(tags) == 1 + len(Coding)


@pytest.mark.parametrize("coding", Coding)
async def test_a_long_answer_is_compressed_and_its_tag_names_the_coding(
    api: Api, ada: Person, coding: Coding
) -> None:
    task = await ada.task(description="Water. " * MIN_BYTES)
    path = f"{ADDRESS}/tasks/{task['id']}"
    bearer = {"authorization": f"Bearer {ada.tokens['access_token']}"}
    plain = await fetched(api, path, bearer)
    packed = await fetched(api, path, {**bearer, "accept-encoding": coding})
    assert (plain.coding, packed.coding) == ("identity", coding)
    assert len(packed.sent) == int(packed.headers["content-length"]) < len(plain.sent) / 10
    assert json.loads(packed.body) == json.loads(plain.body) == task
    assert packed.headers["vary"] == "Accept-Encoding"
    assert (plain.headers["etag"], packed.headers["etag"]) == ('"1"', f'"1-{coding}"')
    known = {**bearer, "if-none-match": f'"0", {packed.headers["etag"]}'}
    again = await fetched(api, path, known)
    assert (again.status, again.headers["etag"]) == (304, packed.headers["etag"])
    tag = {"if_match": packed.headers["etag"]}
    assert (await ada.ask("PATCH", f"/tasks/{task['id']}", {"title": "b"}, **tag)).is_success
    assert (
        await ada.ask("PATCH", f"/tasks/{task['id']}", {"title": "c"}, **tag)
    ).status_code == 412


async def test_a_short_answer_is_compressed_only_for_a_client_that_refuses_it_as_it_is(
    api: Api, ada: Person
) -> None:
    task = await ada.task()
    bearer = {"authorization": f"Bearer {ada.tokens['access_token']}"}
    for value, coding in (("gzip", "identity"), ("gzip, identity;q=0", "gzip")):
        found = await fetched(
            api, f"{ADDRESS}/tasks/{task['id']}", {**bearer, "accept-encoding": value}
        )
        assert found.coding == coding
        assert json.loads(found.body) == task


async def test_two_headers_are_one_list(api: Api) -> None:
    lines = [("accept-encoding", "gzip;q=0.1"), ("accept-encoding", "zstd")]
    async with api.http.stream("GET", f"{ROOT}/openapi.json", headers=lines) as found:
        assert found.headers["content-encoding"] == "zstd"


@pytest.mark.parametrize("coding", Coding)
async def test_what_holds_secrets_is_not_compressed(api: Api, ada: Person, coding: Coding) -> None:
    bearer = {"authorization": f"Bearer {ada.tokens['access_token']}"}
    wanting = {**bearer, "accept-encoding": f"{coding}, identity;q=0"}
    login = {"email": "x" * MIN_BYTES, "password": "a"}
    for path in ("/auth/login", "//auth/login"):
        refused = await fetched(api, f"{ADDRESS}{path}", wanting, json=login)
        assert (refused.status, refused.coding) == (422, "identity")
    reading = {"id": "a", "method": "GET", "url": "/tasks"}
    for url, expected in (
        ("/tasks?limit=1", coding),
        ("/calendar", "identity"),
        ("/%63alendar", "identity"),
        ("/me//webhooks", "identity"),
    ):
        batch = {"requests": [reading, {"id": "b", "method": "GET", "url": url}]}
        answer = await fetched(api, f"{ADDRESS}/batch", wanting, json=batch)
        assert (answer.status, answer.coding) == (200, expected), url
        transformed = "no-transform" in answer.headers["cache-control"]
        assert transformed == (expected == "identity")


# Fields that prove something to whoever has them.
PROOF = re.compile(r"secret|token|ticket|otpauth_uri|recovery_codes|login_url|\burl")
HARMLESS = {"tokens", "token_id", "token_type", "recovery_codes_left"}


def fields(value: Any, schemas: dict[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """The names of all fields of a schema, also of those that it refers to."""
    if isinstance(value, list):
        return {name for each in value for name in fields(each, schemas, seen)}
    if not isinstance(value, dict):
        return set()
    name = str(value.get("$ref", "")).rpartition("/")[2]
    inside = set() if not name or name in seen else fields(schemas[name], schemas, seen | {name})
    found = {key for each in value.values() for key in fields(each, schemas, seen)}
    return inside | found | set(value.get("properties", ()))


def test_every_operation_whose_answer_proves_something_is_among_those_with_secrets() -> None:
    page = msgspec.json.decode(document(litestar_app()))
    schemas = page["components"]["schemas"]
    secret = {
        path
        for path, operations in page["paths"].items()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if status < "300"
        for name in fields(response.get("content", {}), schemas) - HARMLESS
        if PROOF.search(name)
    }
    assert len(secret) > 10
    assert [path for path in sorted(secret) if not holds_secret(path)] == []
