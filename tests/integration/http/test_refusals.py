"""Every refusal is a problem document that says what is at fault, and nothing is stored."""

from typing import Any

import httpx
import psycopg
import pytest

from infrastructure.config.settings import Settings
from tests.support.api import PASSWORD, Answer, Api, Person

DEEP = b'{"title":"x","tags":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, "body"),
        (b"{", 400, None),
        (b"null", 422, "body"),
        (b"[]", 422, "body"),
        (b"{}", 422, "title"),
        (b'{"title":5}', 422, "title"),
        (b'{"title":""}', 422, "title"),
        (b'{"title":"  "}', 422, "title"),
        (b'{"title":"' + b"x" * 501 + b'"}', 422, "title"),
        (b'{"title":"a\\u0000b"}', 422, "title"),
        (b'{"title":"a\nb"}', 400, None),
        (b'{"title":"\\ud800"}', 400, None),
        (b'{"title":"\xff"}', 400, None),
        (b'{"title":"a","description":"\\u0000"}', 422, "description"),
        (b'{"title":"a","description":null}', 422, "description"),
        (b'{"title":"a","colour":"red"}', 422, "colour"),
        (b'{"title":"a","priority":"urgent"}', 422, "priority"),
        (b'{"title":"a","tags":"b"}', 422, "tags"),
        (b'{"title":"a","tags":["b",""]}', 422, "tags[1]"),
        (b'{"title":"a","tags":["b,c"]}', 422, "tags[0]"),
        (b'{"title":"a","due_at":"tomorrow"}', 422, "due_at"),
        (b'{"title":"a","due_at":1900000000}', 422, "due_at"),
        (b'{"title":"a","due_at":"2030-01-01T00:00:00"}', 422, "due_at"),
        (b'{"title":"a","due_at":"0001-01-01T00:00:00+23:59"}', 422, "due_at"),
        (b'{"title":"a","due_at":"9999-12-31T23:59:59-23:59"}', 422, "due_at"),
        (b'{"title":"a","due_at":' + b"9" * 5000 + b"}", 422, "due_at"),
        (DEEP, 422, "tags[0]"),
        (b'{"title":"' + b"x" * 1024 * 1024 + b'"}', 413, None),
    ],
    ids=lambda value: value[:40].decode(errors="replace") if isinstance(value, bytes) else "",
)
async def test_a_faulty_body_is_refused_and_nothing_stored(
    ada: Person, settings: Settings, body: bytes, status: int, field: str | None
) -> None:
    before = _events(settings)
    refused = await _raw(ada, "POST", "/tasks", content=body, headers=JSON)
    problem = _problem(refused, status)
    if field is not None:
        assert problem["errors"][0]["field"] == field
        assert "regex" not in problem["detail"]
    assert _events(settings) == before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("page=0", "page"),
        ("page=1&cursor=abc", "page"),
        ("cursor=abc", "cursor"),
        ("cursor=%00", "cursor"),
        ("status=gone", "status"),
        ("priority=high,urgent", "priority"),
        ("tags=a,,b", "tags"),
        ("tags=%00", "tags"),
        ("q=%00", "q"),
        ("q=" + "x" * 501, "q"),
        ("sort=colour", "sort"),
        ("sort=--title", "sort"),
        ("due_after=2030-02-30", "due_after"),
        ("due_after=5", "due_after"),
        ("due_before=2030-01-01T00:00:00", "due_before"),
    ],
)
async def test_a_faulty_parameter_is_refused_by_name(ada: Person, query: str, field: str) -> None:
    problem = _problem(await ada.get(f"/tasks?{query}"), 422)
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/tasks/5", 404),
        ("GET", "/tasks/%00", 404),
        ("PUT", "/tasks", 405),
        ("GET", "/tasks?q=" + "x" * 9000, 414),
        ("TRACE", "/tasks", 405),
        ("GET", "/audit/colour/0197a0e0-0000-7000-8000-000000000000", 422),
    ],
)
async def test_a_wrong_address_gets_a_problem_too(
    ada: Person, method: str, path: str, status: int
) -> None:
    answer = await ada.ask(method, path)
    _problem(answer, status)
    if status == 405:
        assert "POST" in answer.headers["allow"]


async def test_a_body_of_another_kind_is_refused(ada: Person) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    _problem(await _raw(ada, "POST", "/tasks", content=b"title=x", headers=form), 415)


async def test_a_body_that_hides_its_length_is_still_limited(ada: Person) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 65536

    _problem(await _raw(ada, "POST", "/tasks", content=endless(), headers=JSON), 413)


async def test_too_many_headers_are_refused(ada: Person) -> None:
    _problem(await ada.get("/tasks", x_big="x" * 40_000), 431)


@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        ("", "Only Bearer"),
        ("Basic YTpi", "Only Bearer"),
        ("Bearer", "not valid"),
        ("Bearer x.y.z", "not valid"),
        ("Bearer " + "x" * 9000, "too long"),
    ],
)
async def test_who_does_not_say_who_they_are_is_told_how(
    api: Api, authorization: str, says: str
) -> None:
    answer = await api.http.get("/tasks", headers={"authorization": authorization})
    assert says in _problem(answer, 401)["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_who_asks_is_asked_before_what(api: Api) -> None:
    _problem(await api.http.post("/tasks", content=b"{", headers=JSON), 401)


async def test_a_fault_of_ours_says_nothing_of_the_inside(api: Api, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP TABLE credentials")
    account = {"email": "eve@example.org", "password": PASSWORD}
    answer = await api.http.post("/auth/register", json=account)
    _problem(answer, 500)
    assert "credentials" not in answer.text


@pytest.mark.parametrize("path", ["/tasks", "/nothing", "/auth/me", "/auth/login"])
async def test_every_answer_bears_the_security_headers(api: Api, path: str) -> None:
    answer = await api.http.get(path)
    for name in (
        "content-security-policy",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "strict-transport-security",
        "cache-control",
        "x-request-id",
    ):
        assert answer.headers[name], name


async def test_every_problem_explains_itself(api: Api, ada: Person) -> None:
    refused = await ada.ask("POST", "/tasks", {"title": ""})
    page = await api.http.get(f"http://annals.test{refused.json()['type']}")
    assert page.status_code == 200
    assert page.json()["title"] == refused.json()["title"]


def _problem(answer: Answer, status: int) -> dict[str, Any]:
    """Check that this is a problem document as RFC 9457 has it; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


async def _raw(person: Person, method: str, path: str, **more: Any) -> httpx.Response:
    authorization = f"Bearer {person.tokens['access_token']}"
    headers = {"authorization": authorization} | more.pop("headers", {})
    return await person.http.request(method, path, headers=headers, **more)


def _events(settings: Settings) -> int:
    with psycopg.connect(settings.database.url_or_fail) as connection:
        row = connection.execute("SELECT count(*) FROM stored_events").fetchone()
    assert row is not None
    count: int = row[0]
    return count
