"""What is recorded is answered as such, and what is refused recorded nothing, however it is sent:
in any size, cut anywhere, several together, in chunks and slowly."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from interfaces.http.protocol.request import MAX_BODY_BYTES
from interfaces.http.server.connection import MAX_HEAD_BYTES
from tests.support.clients.raw_client import RawAnswer, exchange, pieces, request
from tests.support.processes.serve_processes import Serving, serving
from tests.support.seed import seeded
from tests.support.servers.databases import Postgres

pytestmark = pytest.mark.anyio

PROBE = request("GET", "/health/live")
SMALL = 64  # bytes: room for any of the bodies below
SIZES = [
    SMALL,
    *(MAX_HEAD_BYTES + around for around in (-400, -1, 0, 1, 400)),
    2 * MAX_HEAD_BYTES + 1,
    200_000,
    4 * MAX_HEAD_BYTES + 1,
    *(MAX_BODY_BYTES + around for around in (-1, 0)),
]


@pytest.fixture(scope="module")
def api(
    postgres: Postgres, _migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    folder: Path = tmp_path_factory.mktemp("cuts")
    with postgres.database(like=_migrated) as url, serving(url, folder) as running:
        yield running


class Owned:
    """A task whose every version is one change that was recorded."""

    def __init__(self, api: Serving, token: str, task_id: str) -> None:
        self._api = api
        self.token = token
        self.path = f"/api/v1/tasks/{task_id}"
        self.version = 1

    def change(self, size: int, *, chunks: Sequence[int] = ()) -> bytes:
        """Return a request of that many bytes of body that gives the task a new title."""
        return request("PATCH", self.path, changed(size), token=self.token, chunks=chunks)

    async def send(self, *parts: bytes, answers: int) -> list[RawAnswer]:
        return await exchange(self._api.port, parts, answers=answers)

    async def recorded(self) -> int:
        """Return how many changes were recorded since the last call."""
        asked = request("GET", self.path, token=self.token)
        [answer] = await self.send(asked, answers=1)
        before, self.version = self.version, json.loads(answer.body)["version"]
        return self.version - before


@pytest.fixture
async def task(api: Serving) -> Owned:
    token = api.sign_in(f"{uuid4()}@example.org")
    created = request("POST", "/api/v1/tasks", b'{"title":"Cut me"}', token=token)
    [answer] = await exchange(api.port, [created], answers=1)
    assert answer.status == 201
    return Owned(api, token, json.loads(answer.body)["id"])


def changed(size: int) -> bytes:
    """Return a body of this size that changes the title, filled up with blanks."""
    body = b'{"title":"%b"}' % uuid4().hex.encode()
    return body + b" " * (size - len(body))


def interesting(data: bytes) -> list[tuple[int, ...]]:
    """Return cuts: around the end of the head, in the body, and near its end."""
    head, end = data.index(b"\r\n\r\n") + 4, len(data)
    places = [5, head - 2, head, head + 10, end - 3 * MAX_HEAD_BYTES, end - MAX_HEAD_BYTES - 1]
    single = [(place,) for place in [*places, end - 1]]
    return [(), *single, (5, head, head + 10, end - 1), (head, end - MAX_HEAD_BYTES - 1)]


@pytest.mark.parametrize("chunks", [(), (7, MAX_HEAD_BYTES)], ids=["whole", "chunked"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_change_of_any_size_is_recorded_and_answered_as_such_wherever_it_is_cut(
    task: Owned, size: int, chunks: Sequence[int]
) -> None:
    data = task.change(size, chunks=chunks)
    for cuts in interesting(data):
        again = task.change(size, chunks=chunks)
        [answer] = await task.send(*pieces(again, cuts), answers=1)
        assert answer.status == 200, (cuts, answer)
        assert await task.recorded() == 1, cuts


@pytest.mark.parametrize("chunks", [(), (7, MAX_HEAD_BYTES)], ids=["whole", "chunked"])
async def test_a_body_over_the_limit_is_refused_and_records_nothing_wherever_it_is_cut(
    task: Owned, chunks: Sequence[int]
) -> None:
    data = task.change(MAX_BODY_BYTES + 1, chunks=chunks)
    for cuts in interesting(data):
        answers = await task.send(*pieces(data, cuts), answers=1)
        # The connection ends with the refusal, which a client that still sends may not see.
        assert [answer.status for answer in answers] in ([413], [])
        assert await task.recorded() == 0, cuts


async def test_requests_sent_together_are_answered_in_order_wherever_they_are_cut(
    task: Owned,
) -> None:
    random = seeded("cut requests")
    for _ in range(60):
        sizes = random.choices(SIZES[:-2], k=random.randint(1, 4))
        changes = [
            task.change(size, chunks=random.choice([(), (1,), (100, 3 * MAX_HEAD_BYTES)]))
            for size in sizes
        ]
        data = PROBE.join([b"", *changes, b""])
        cuts = [random.randrange(len(data)) for _ in range(random.randint(0, 6))]
        wanted = [200] * (2 * len(changes) + 1)
        answers = await task.send(*pieces(data, cuts), answers=len(wanted))
        assert [answer.status for answer in answers] == wanted, (sizes, cuts)
        assert await task.recorded() == len(changes), (sizes, cuts)


@pytest.mark.parametrize(
    "behind",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * 2 * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["nonsense", "no version", "long head", "bad chunk", "bad length"],
)
@pytest.mark.parametrize("size", [SMALL, MAX_HEAD_BYTES + 1, 200_000])
async def test_nonsense_behind_changes_takes_the_place_of_none_of_their_answers(
    task: Owned, behind: bytes, size: int
) -> None:
    for many in (1, 3):
        for cut in (None, 0, -1, 5):
            changes = b"".join(task.change(size) for _ in range(many))
            cuts = [] if cut is None else [len(changes) + cut]
            parts = pieces(changes + behind, cuts)
            statuses = [answer.status for answer in await task.send(*parts, answers=many + 1)]
            recorded = await task.recorded()
            # A client that still sends may not see the last answers, but no answer is wrong.
            assert statuses[:recorded] == [200] * min(len(statuses), recorded), statuses
            assert set(statuses[recorded:]) <= {400, 431}, statuses


@pytest.mark.parametrize(
    "end", [b"nonsense\r\n", b"", b"%x\r\n" % (2 * MAX_BODY_BYTES) + b"a" * (MAX_BODY_BYTES + 1)]
)
async def test_a_command_without_a_body_waits_for_the_end_of_the_request(
    task: Owned, end: bytes
) -> None:
    head = request("POST", f"{task.path}/complete", b"x", token=task.token, chunks=(1,))
    begun = head[: head.index(b"\r\n\r\n") + 4] + b"1\r\nx\r\n"
    answers = await task.send(begun, end, answers=1 if end else 0)
    assert [answer.status for answer in answers] in ([400], [413], [])
    assert await task.recorded() == 0


async def test_a_head_of_70_kb_is_refused_wherever_it_is_cut(task: Owned) -> None:
    long = b"x: " + b"a" * 70_000 + b"\r\n"
    data = request("PATCH", task.path, changed(SMALL), token=task.token, more=long)
    for cuts in [(), (10,), (1_000,), (60_000,), (66_000,), (20_000, 40_000, 60_000), (70_100,)]:
        answers = await task.send(*pieces(data, cuts), answers=1)
        assert [answer.status for answer in answers] in ([431], []), cuts
        assert await task.recorded() == 0
