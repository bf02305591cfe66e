"""Whatever is sent to a route or a socket is refused in words: no error of ours, no traceback,
and of streams of another kind, not even that they exist."""

import asyncio
import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from domain.events.identity.accounts import AccountRoleGranted
from domain.events.notifications import InboxRead, NotificationRequested
from domain.events.operations import PayloadRead
from domain.events.recorded import AnyEvent
from domain.events.requests import ChangeUndone
from domain.values.streams import undo_stream
from domain.vocabulary import AccountId, ChannelName, Role
from infrastructure.store.mapper import RecordMapper
from interfaces.http.openapi.docs import document
from interfaces.http.server.app import litestar_app
from tests.support.api import PASSWORD
from tests.support.clients.hostile import (
    BODIES,
    HEADERS,
    TEXTS,
    header_values,
    json_value,
    nested_token,
    socket_message,
)
from tests.support.clients.raw_client import exchange
from tests.support.facts import NINE, recorded
from tests.support.openapi import in_place
from tests.support.processes.serve_processes import Serving, serving
from tests.support.seed import seeded
from tests.support.servers.databases import Postgres
from tests.support.views import caught_up

pytestmark = pytest.mark.anyio

DOCUMENT: Mapping[str, Any] = msgspec.json.decode(document(litestar_app()))
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: Mapping[str, tuple[str, str, Any]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, operations in in_place(DOCUMENT["paths"], DOCUMENT["components"]).items()
    for method, operation in operations.items()
}
ENDLESS = {"stream"}  # an open stream has no end to wait for; it is tried by refusals alone
TIMEOUT_SECONDS = 30.0
ROUNDS = 40  # requests to each operation

ENDING = {"end_session", "end_sessions"}  # may end the session of the stranger
KINDS = {"account", "email", "inbox", "notification", "preferences", "request", "series", "task"}
KINDS |= {"session", "list", "search", "operations", "change"}
# The kind of stream that each parameter of a path names.
OWN_KIND = {
    "task_id": "task",
    "series_id": "series",
    "list_id": "list",
    "search_id": "search",
    "notification_id": "notification",
    "user_id": "account",
    "account_id": "account",
    "session_id": "session",
}
FAULT = re.compile(r'Traceback|"level":"(error|critical)"|"exception"')


class Stranger:
    """Somebody with every role, a task, a series, and the ids of all streams of the log."""

    def __init__(self, api: Serving, database_url: str) -> None:
        self.api = api
        self._url = database_url
        self._email = f"{uuid4()}@example.org"
        self._as(api.sign_in(self._email))
        with self.client() as client:
            self.account = UUID(client.get("/auth/me").raise_for_status().json()["id"])
            due = {"title": "Water the plants", "due_at": "2030-01-01T09:00:00Z"}
            made = client.post("/tasks", json=due, headers={"Idempotency-Key": uuid4().hex})
            self.task = UUID(made.raise_for_status().json()["id"])
            rule = client.put(f"/tasks/{self.task}/recurrence", json={"rrule": "FREQ=DAILY"})
            rule.raise_for_status()
            client.post("/lists", json={"name": "Home"}).raise_for_status()
            search = {"name": "Red", "filter": {"q": "red"}}
            client.post("/searches", json=search).raise_for_status()
            client.put("/me/notifications", json={"email": False}).raise_for_status()
        self.changes = self._changes()
        self._record(InboxRead(account_id=AccountId(self.account), until=NINE), uuid4())
        self._record(
            NotificationRequested(
                account_id=AccountId(self.account),
                channel=ChannelName.EMAIL,
                kind="task.created",
                cause=uuid4(),
                occurred_at=NINE,
            ),
            uuid4(),
        )
        read = PayloadRead(reader=AccountId(self.account), stream=self.task, reason="asked")
        self._record(read, uuid4())
        undone = ChangeUndone(account_id=AccountId(self.account), change_id=self.changes[0], seen=1)
        self._record(undone, undo_stream(self.changes[0]))
        for version, role in enumerate((Role.AUDITOR, Role.ADMIN), start=2):
            self._record(AccountRoleGranted(role=role), self.account, version=version)

    def _changes(self) -> list[UUID]:
        """Show the changes of the log in their view, which no process follows; return their ids."""
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "INSERT INTO views.changes (id, account, at, position, until, actions, streams,"
                " stream_count, notifications)"
                " SELECT change_id, %(account)s, now(), min(position), max(position), '{}',"
                " jsonb_object_agg(stream, jsonb_build_object('kind', kind, 'first', version,"
                " 'last', version)), count(*), 0"
                " FROM (SELECT convert_from(state, 'UTF8')::jsonb ->> 'change_id' AS found,"
                " notification_id AS position, originator_id AS stream,"
                " split_part(topic, '.', 1) AS kind, originator_version AS version"
                " FROM stored_events) events, LATERAL (SELECT found::uuid AS change_id) named"
                " WHERE found IS NOT NULL AND kind IN ('task', 'series', 'list', 'preferences')"
                " GROUP BY change_id RETURNING id",
                {"account": self.account},
            )
            return [change for (change,) in rows]

    def log_in(self) -> None:
        account = {"email": self._email, "password": PASSWORD}
        login = httpx.post(f"{self.api.address}/api/v1/auth/login", json=account)
        self._as(login.raise_for_status().json()["access_token"])

    def _as(self, token: str) -> None:
        self.token = token
        self.bearer = {"Authorization": f"Bearer {token}"}

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.api.address}/api/v1", headers=self.bearer, timeout=TIMEOUT_SECONDS
        )

    def _record(self, event: AnyEvent, stream: UUID, *, version: int = 1) -> None:
        stored = RecordMapper().to_stored_event(recorded(event, stream=stream, version=version))
        with psycopg.connect(self._url) as connection:
            connection.execute(
                "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, %s, %s)",
                (stored.originator_id, stored.originator_version, stored.topic, stored.state),
            )

    def streams(self) -> dict[str, list[UUID]]:
        """Return the ids of all streams, by what their first event is about."""
        found: dict[str, list[UUID]] = {}
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "SELECT split_part(topic, '.', 1), originator_id FROM stored_events"
                " WHERE originator_version = 1 ORDER BY notification_id"
            )
            for kind, stream in rows:
                found.setdefault(kind, []).append(stream)
        return found

    def recorded(self) -> int:
        with psycopg.connect(self._url) as connection:
            [[count]] = connection.execute("SELECT count(*) FROM stored_events").fetchall()
        return int(count)


@pytest.fixture(scope="module")
def stranger(
    postgres: Postgres, _migrated: str, _valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stranger]:
    folder = tmp_path_factory.mktemp("hostile")
    with (
        postgres.database(like=_migrated) as url,
        # A token that outlives the test.
        serving(url, folder, redis_url=_valkey, access_token_minutes="60") as running,
    ):
        caught_up(url)
        yield Stranger(running, url)


@pytest.fixture(autouse=True)
def _silent(stranger: Stranger) -> Iterator[None]:
    """No test leaves an error in the log."""
    read = len(stranger.api.log.read_bytes())
    yield
    said = stranger.api.log.read_bytes()[read:].decode(errors="replace")
    assert [line for line in said.splitlines() if FAULT.search(line)] == []


# Ids of streams of another kind

BODIES_OF = {
    "change_task": {"title": "a"},
    "change_list": {"name": "a"},
    "change_search": {"name": "a"},
    "tag_task": {"tags": ["a"]},
    "set_recurrence": {"rrule": "FREQ=DAILY"},
    "set_reminder": {"before": "PT1H"},
    "snooze_reminder": {"for": "PT1H"},
    "accept_suggestion": {"dtstart": "2030-01-01T09:00:00"},
    "disable_account": {"reason": "a"},
    "create_service_token": {"name": "a", "scopes": ["tasks:read"]},
    "confirm_totp": {"code": "000000"},
    "remove_second_factor": {"password": PASSWORD},
}
WITH_IDS = sorted(name for name, (_, path, _) in OPERATIONS.items() if "_id}" in path)


@pytest.mark.parametrize("name", WITH_IDS)
def test_an_id_of_another_kind_of_stream_is_answered_like_an_unknown_id(
    name: str, stranger: Stranger
) -> None:
    method, path, operation = OPERATIONS[name]
    body = BODIES_OF.get(name)
    assert (body is not None) == ("requestBody" in operation)
    streams = stranger.streams()
    assert streams.keys() == KINDS
    parameters = re.findall(r"\{(\w+_id)\}", path)
    before = stranger.recorded()
    with stranger.client() as client:

        def answer(parameter: str, stream: UUID) -> tuple[int, str]:
            others = {"task_id": stranger.task, "account_id": stranger.account}
            ids = others | {parameter: stream}
            filled = re.sub(r"\{(\w+)\}", lambda part: str(ids.get(part[1], "task")), path)
            filled = filled.replace("/{tag}", "/a")
            said = client.request(method, stranger.api.address + filled, json=body)
            plain = said.text.replace(str(stream), "ID")
            for other in others.values():
                plain = plain.replace(str(other), "ID")
            return said.status_code, re.sub(r'"request_id":"[^"]*"', "", plain)

        for parameter in parameters:
            if parameter == "task_id" and len(parameters) > 1:
                ids_of = {name: found for name, found in streams.items() if name != "task"}
            else:
                ids_of = streams
            unknown = answer(parameter, uuid4())
            for kind, found in ids_of.items():
                if kind == OWN_KIND.get(parameter, "task" if "entity" in parameter else None):
                    continue
                for stream in found:
                    assert answer(parameter, stream) == unknown, (parameter, kind)
    assert stranger.recorded() == before


# Values

RANDOM_OPERATIONS = sorted(OPERATIONS.keys() - ENDLESS)
IN_BATCHES = sorted(
    name
    for name, (_, path, _) in OPERATIONS.items()
    if re.match(r"/api/v1/(tasks|lists|searches|changes|series|reminders|inbox|operations)\b", path)
)


def test_every_operation_is_tried() -> None:
    served = {
        handler.operation_id
        for route in litestar_app().routes
        for handler in getattr(route, "route_handlers", ())
        if getattr(handler, "include_in_schema", True) is not False
    }
    named = {name for name in served if isinstance(name, str)}
    assert named <= {*RANDOM_OPERATIONS, *ENDLESS}
    assert {
        "undo_change",
        "batch",
        "save_search",
        "change_list",
        "list_changes",
    } <= OPERATIONS.keys()
    assert any(name for name in IN_BATCHES if "undo" in name)


@pytest.mark.parametrize("name", RANDOM_OPERATIONS)
async def test_no_value_of_any_part_of_a_request_is_an_error_of_ours(
    name: str, stranger: Stranger
) -> None:
    source = seeded(f"hostile {name}")
    streams = [stream for found in stranger.streams().values() for stream in found]
    requests = [hostile_request(source, name, stranger, streams) for _ in range(ROUNDS)]
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
        for asked in requests:
            answer = await client.send(asked)
            assert answer.status_code < 500, (asked.method, asked.url, asked.headers, answer.text)
    if name in ENDING:
        stranger.log_in()


def hostile_request(
    source: random.Random, name: str, stranger: Stranger, streams: list[UUID]
) -> httpx.Request:
    """Return a request in which any part may be hostile; most parts are as they should be."""
    method, path, operation = OPERATIONS[name]
    ids = [str(stranger.task), *map(str, (*streams, *stranger.changes))]

    def part(found: re.Match[str]) -> str:
        plain = ids if found[1].endswith("_id") else ["task", "a"]
        value = source.choice(plain if source.random() < 0.8 else TEXTS)
        return quote(value, safe="", errors="replace")

    query = []
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query" and source.random() < 0.3:
            value = json_value(source, parameter["schema"], SCHEMAS)
            text = value if isinstance(value, str) else json.dumps(value)
            query.append(f"{parameter['name']}={quote(text, errors='replace')}"[:7_000])
    headers: dict[str, str] = {}
    if source.random() < 0.9:
        headers |= stranger.bearer
    if source.random() < 0.4:
        headers[source.choice(HEADERS)] = source.choice(header_values())
    content = None
    if "requestBody" in operation or source.random() < 0.1:
        content = hostile_body(source, operation)
        if name == "batch" and source.random() < 0.8:
            content = hostile_batch(source, ids)
        headers.setdefault("Content-Type", "application/json")
    url = stranger.api.address + re.sub(r"\{(\w+)\}", part, path)
    if query:
        url += "?" + "&".join(query)
    return httpx.Request(method, url, headers=headers, content=content)


def hostile_body(source: random.Random, operation: Any) -> bytes:
    if "requestBody" not in operation or source.random() < 0.2:
        return source.choice(BODIES)
    media = operation["requestBody"]["content"]["application/json"]
    return json.dumps(json_value(source, media["schema"], SCHEMAS)).encode()


def hostile_batch(source: random.Random, ids: list[str]) -> bytes:
    """Return a batch of a few requests that may each be right: their ids are those of streams and
    changes of every kind, their bodies of the right shape."""

    def part(found: re.Match[str]) -> str:
        return source.choice(ids) if found[1].endswith("_id") else "a"

    requests = []
    for number in range(source.randrange(1, 6)):
        method, path, operation = OPERATIONS[source.choice(IN_BATCHES)]
        request = {"id": str(number), "method": method, "url": re.sub(r"\{(\w+)\}", part, path)}
        if "requestBody" in operation:
            media = operation["requestBody"]["content"]["application/json"]
            request["body"] = json_value(source, media["schema"], SCHEMAS)
        requests.append(request)
    return json.dumps({"requests": requests, "atomic": source.random() < 0.5}).encode()


# Bytes

UPGRADE = (
    b"GET /api/v1/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /docs HTTP/1.1\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET /docs HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: [::\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: " + b"a" * 300 + b"\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        (b"GET /docs HTTP/1.1\r\nHost:\r\n\r\n", 200),
        (b"GET /docs HTTP/1.0\r\n\r\n", 200),
        (b"GET /docs\r\n\r\n", 400),
        (b"GET /docs\r\nHost: a\r\n\r\n", 400),
        (b"GET /docs HTTP/9.9\r\nHost: a\r\n\r\n", 400),
        (b"GET /docs HTTP\r\nHost: a\r\n\r\n", 400),
        (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
         b"Content-Length: " + b"0" * 5_000 + b"2\r\n\r\n{}", 422),
        (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: "
         + b"9" * 19 + b"\r\n\r\n", 413),
        (UPGRADE.replace(b"Host: a\r\n", b"") + b"\r\n", 400),
        (UPGRADE + b"Origin: http://[\r\n\r\n", 403),
        (UPGRADE + b"Origin: " + b"a" * 7_000 + b"\r\n\r\n", 403),
        (UPGRADE + b"Origin: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        (UPGRADE + b"a: b\r\n" * 130 + b"\r\n", 431),
        (UPGRADE + b"Origin: null\r\n\r\n", 403),
        (UPGRADE + b"\r\n", 401),
        (UPGRADE + b"Authorization: Bearer " + nested_token().encode() + b"\r\n\r\n", 401),
        (UPGRADE.replace(b"/ws", b"/ws?ticket=" + b"[" * 7_000) + b"\r\n", 401),
        (UPGRADE.replace(b"/ws", b"/ws?after=" + b"9" * 7_000) + b"\r\n", 401),
        (UPGRADE.replace(b"/ws", b"/other") + b"\r\n", 404),
        (UPGRADE.replace(b"/api/v1/ws", b"/docs") + b"\r\n", 404),
    ],
    ids=lambda value: value[:70].decode() if isinstance(value, bytes) else str(value),
)  # fmt: skip
async def test_a_head_that_is_wrong_is_refused_in_words(
    stranger: Stranger, data: bytes, status: int
) -> None:
    [answer] = await exchange(stranger.api.port, [data], answers=1)
    assert answer.status == status, answer
    if status >= 400:
        assert json.loads(answer.body)["status"] == status


@pytest.mark.parametrize("header", HEADERS)
async def test_no_header_of_a_stream_is_an_error_of_ours(header: str, stranger: Stranger) -> None:
    async with httpx.AsyncClient(headers=stranger.bearer, timeout=TIMEOUT_SECONDS) as client:
        for value in header_values():
            url = f"{stranger.api.address}/api/v1/stream"
            async with client.stream("GET", url, headers={header: value}) as answer:
                assert answer.status_code < 500, value


# Sockets


async def test_no_message_of_a_socket_is_an_error_of_ours(stranger: Stranger) -> None:
    source = seeded("hostile socket")
    address = stranger.api.address.replace("http", "ws") + "/api/v1/ws"
    for _ in range(10):
        async with connect(address, additional_headers=stranger.bearer) as socket:
            for _ in range(60):
                await socket.send(socket_message(source))
            # It answers in order: after this the other messages have been handled.
            await socket.send('{"ping":"the last"}')
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while json.loads(await socket.recv()).get("pong") != "the last":
                    pass


@pytest.mark.parametrize("text", TEXTS)
async def test_no_handshake_is_an_error_of_ours(text: str, stranger: Stranger) -> None:
    value = quote(text, errors="replace")[:7_000]
    origin = text if text in header_values() else value
    for query, headers in [
        (f"?ticket={value}", {}),
        (f"?after={value}", stranger.bearer),
        ("", stranger.bearer | {"Origin": origin}),
        ("", {"Authorization": f"Bearer {value}"}),
    ]:
        status, said = await shake_hands(stranger, query, headers)
        assert status < 500, query
        assert said == {"pong": 1} or said["type"].startswith("/problems/"), query


async def shake_hands(
    stranger: Stranger, query: str, headers: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """Return the status of a handshake, and its problem or the answer to a ping."""
    address = stranger.api.address.replace("http", "ws") + "/api/v1/ws" + query
    try:
        async with connect(address, additional_headers=headers) as socket:
            await socket.send('{"ping":1}')
            return 101, json.loads(await socket.recv())
    except InvalidStatus as refused:
        return refused.response.status_code, json.loads(refused.response.body or b"")
