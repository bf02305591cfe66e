"""What any HTTP client may count on: HEAD, OPTIONS, Allow, compression and merge patches."""

import gzip
import json

import pytest

from interfaces.http.rewriting.compression import MIN_BYTES, accepts_gzip
from tests.support.api import Api, Person

ROOT = "http://annals.test"
PLAIN = {"accept-encoding": "identity"}
FILES = ["/openapi.json", "/docs", "/docs/rapidoc-min.js"]


@pytest.mark.parametrize("path", [*FILES, "/health/live", "/problems/invalid", "/api/v1/auth/me"])
async def test_head_is_get_without_its_body(api: Api, ada: Person, path: str) -> None:
    bearer = {"authorization": f"Bearer {ada.tokens['access_token']}"} | PLAIN
    got = await api.http.get(ROOT + path, headers=bearer)
    head = await api.http.head(ROOT + path, headers=bearer)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    own = {"x-request-id", "ratelimit"}
    assert {name: value for name, value in head.headers.items() if name not in own} == {
        name: value for name, value in got.headers.items() if name not in own
    }


async def test_head_of_a_stream_and_of_an_export_ends_at_once(ada: Person, views: None) -> None:
    for path in ("/stream", "/audit/export?format=csv"):
        head = await ada.ask("HEAD", path)
        assert head.status_code == 200
        assert head.content == b""


@pytest.mark.usefixtures("views")
async def test_an_export_has_the_changes_of_its_period_alone(ada: Person) -> None:
    task = await ada.task()
    done = await ada.ask("POST", f"/tasks/{task['id']}/complete")
    seen = {"annals_min_position": done.headers["annals-position"]}
    period = f"from={task['created_at']}&to={done.json()['completed_at']}"
    lines = (await ada.get(f"/audit/export?format=ndjson&{period}", **seen)).text.splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["task.created"]


async def test_head_of_a_task_of_somebody_else_says_no_more_than_get(
    ada: Person, bob: Person
) -> None:
    task = await ada.task()
    assert (await bob.ask("HEAD", f"/tasks/{task['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/tasks", "GET, HEAD, OPTIONS, POST"),
        ("/tasks/01a21414-125b-7244-9172-0c1289661942", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/tasks/01a21414-125b-7244-9172-0c1289661942/complete", "OPTIONS, POST"),
        ("/auth/login", "OPTIONS, POST"),
        ("/stream", "GET, HEAD, OPTIONS"),
    ],
)
async def test_allow_names_every_method_of_a_resource(ada: Person, path: str, allowed: str) -> None:
    asked = await ada.ask("OPTIONS", path)
    assert (asked.status_code, asked.headers["allow"]) == (204, allowed)
    refused = await ada.ask("TRACE", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    assert refused.json()["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize("path", FILES)
async def test_a_file_is_compressed_and_not_sent_twice(api: Api, path: str) -> None:
    plain = await api.http.get(ROOT + path, headers=PLAIN)
    zipped = await api.http.get(ROOT + path, headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < len(plain.content)
    assert zipped.content == plain.content
    assert plain.headers["vary"] == zipped.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != zipped.headers["etag"]
    for answer, headers in ((plain, PLAIN), (zipped, {"accept-encoding": "gzip"})):
        again = {**headers, "if-none-match": f'"other", W/{answer.headers["etag"]}'}
        known = await api.http.get(ROOT + path, headers=again)
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == answer.headers["etag"]


async def test_a_long_answer_is_compressed_and_a_short_or_secret_answer_is_not(
    api: Api, ada: Person
) -> None:
    zipping = {"accept_encoding": "gzip"}
    task = await ada.task(description="Water. " * MIN_BYTES)
    long = await ada.get(f"/tasks/{task['id']}", **zipping)
    assert long.headers["content-encoding"] == "gzip"
    assert long.json() == task
    plain = await ada.get(f"/tasks/{task['id']}", accept_encoding="gzip;q=0")
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content)
    short = await ada.get("/auth/me", **zipping)
    assert "content-encoding" not in short.headers
    login = {"email": "x" * MIN_BYTES, "password": "a"}
    secret = await api.http.post("/auth/login", json=login, headers={"accept-encoding": "gzip"})
    assert secret.status_code == 422
    assert "content-encoding" not in secret.headers


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
    ],
)
def test_gzip_is_sent_only_where_it_is_accepted(value: str | None, *, accepted: bool) -> None:
    assert accepts_gzip(value) == accepted


async def test_a_merge_patch_changes_a_task(ada: Person) -> None:
    task = await ada.task(due_at="2030-01-31T18:00:00Z")
    kind = {"content_type": "application/merge-patch+json"}
    changed = await ada.ask("PATCH", f"/tasks/{task['id']}", {"due_at": None}, **kind)
    assert changed.status_code == 200, changed.text
    assert changed.json()["due_at"] is None
    created = await ada.ask("POST", "/tasks", {"title": "a"}, **kind)
    assert created.status_code == 415


async def test_the_document_is_compressed_as_it_is(api: Api) -> None:
    zipped = await api.http.get(f"{ROOT}/openapi.json", headers={"accept-encoding": "gzip"})
    assert json.loads(zipped.content)["openapi"].startswith("3.1")
    assert len(gzip.compress(zipped.content)) < len(zipped.content) / 5
