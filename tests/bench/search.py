"""Lists and searches among 1.1 million tasks after 50,000 writes, beside ILIKE.

The filled database is kept for the next run; see `tests/bench/kept.py`.
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import psycopg
import uvloop
from psycopg import AsyncConnection

from domain.events.identity.accounts import AccountRegistered
from domain.vocabulary import AccountId, Priority, Role, Status
from infrastructure.following.checkpoints import begin
from infrastructure.postgres.connections import connect, query_pool
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.tokens import TokenSigner
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.views.searching.task_query import SortBy, TaskPage, TaskQuery
from projections.views.searching.task_search import search
from projections.views.tasks import task_list, words
from projections.views.tasks.task_list import TaskListView
from tests.bench import big_log
from tests.bench.big_log import COMMON, RARE, owner, tasks_of_owners, write, writes_of_tasks
from tests.bench.figures import Figure
from tests.bench.kept import kept_database, step
from tests.bench.peers.running import fill_peer, peer
from tests.bench.peers.sqlmodel_tasks import token_of
from tests.support.clients.load_client import load, request
from tests.support.facts import recorded
from tests.support.processes.serve_processes import serving

# What decides which rows the filled database has, beside the migrations.
FOLDED = (big_log, task_list, words)
EVENTS = EventLog(RecordMapper())
BIG_OWNER, BIG, OWNERS, EACH = owner(0), 100_000, 1_000, 1_000
ASKING = 100  # owners of those, and the big one
WRITES, BATCH = 50_000, 500
QUESTIONS = 200
SECONDS = 5.0


def run() -> list[Figure]:
    with kept_database("search", _fill, of=FOLDED) as url:
        some = _some_tasks(url)
        with step(f"append {WRITES:,} facts"):
            write(url, writes_of_tasks(some, WRITES))
        with step("take them into the view"):
            writing = asyncio.run(_catch_up(url))
        with step("ask in the database"):
            in_database = asyncio.run(_in_database(url))
        return [writing, *in_database, *_over_http(url)]


def _fill(url: str) -> None:
    owners = [(BIG_OWNER, BIG), *((owner(n), EACH) for n in range(1, OWNERS + 1))]
    with step("append 1,100,000 facts"):
        write(url, tasks_of_owners(owners))
    with step("build the view"):
        workers = os.cpu_count() or 1
        asyncio.run(rebuild(url, TaskListView(), EVENTS, workers=workers, progress=lambda *_: None))
    with step("fill the table of the peer"):
        fill_peer(url)


def _some_tasks(url: str) -> Sequence[tuple[UUID, AccountId]]:
    """Return as many tasks as there are writes, each with its owner."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT id, owner FROM views.task_list TABLESAMPLE SYSTEM (20) REPEATABLE (1) LIMIT %s",
            (WRITES,),
        ).fetchall()


async def _catch_up(url: str) -> Figure:
    """Take the writes into the view in batches, as the projector does under load."""
    async with await connect(url) as connection:
        writer = ViewWriter(TaskListView(), EVENTS)
        position, end = await begin(connection, "task_list"), await EVENTS.end(connection)
        before, began = _processor_seconds(connection), time.process_time()
        while position < end:
            position = await writer.advance(connection, position, limit=BATCH)
        python = time.process_time() - began
        database = _processor_seconds(connection) - before
    return Figure(
        what=f"task_list follows {WRITES:,} writes among 1,100,000 tasks: processor time a write",
        value=(python + database) / WRITES * 1e6,
        unit="µs",
        note=f"PostgreSQL {database / WRITES * 1e6:.0f}, Python {python / WRITES * 1e6:.0f};"
        f" half of them new tasks, batches of {BATCH}",
    )


def _processor_seconds(connection: AsyncConnection) -> float:
    """Return the processor time of the server process behind a connection."""
    stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


Question = Callable[[AsyncConnection], Awaitable[TaskPage]]


async def _in_database(url: str) -> list[Figure]:
    """Ask on a single connection: how long PostgreSQL takes when nobody else asks."""
    chance = random.Random(4)

    def of_small(query: Callable[[], TaskQuery]) -> Question:
        return lambda c: search(c, owner(chance.randint(1, OWNERS)), query())

    def of_big(query: Callable[[], TaskQuery]) -> Question:
        return lambda c: search(c, BIG_OWNER, query())

    filtered = TaskQuery(
        status=[Status.OPEN], priority=[Priority.HIGH, Priority.MEDIUM], tags=["tag7"]
    )
    by_date = TaskQuery(status=[Status.OPEN], sort=[SortBy(field="due_at")])
    questions: dict[str, tuple[Question, float, float]] = {
        "two words among 1,000 tasks": (of_small(lambda: TaskQuery(q=_two_words(chance))), 15, 5),
        "the same, the last word goes on": (
            of_small(lambda: TaskQuery(q=_two_words(chance)[:-1])),
            15,
            5,
        ),
        "first page of 100,000 with filters": (
            of_big(lambda: chance.choice((filtered, by_date))),
            15,
            10,
        ),
        "page=1 with total of 100,000": (of_big(lambda: TaskQuery(page=1)), 10, 5),
        "page=5000 of 20 among 100,000": (of_big(lambda: TaskQuery(page=5_000, limit=20)), 10, 5),
        "page=500 of 200 among 100,000": (of_big(lambda: TaskQuery(page=500, limit=200)), 10, 5),
        "one word of 50,000 among 100,000": (
            of_big(lambda: TaskQuery(q=chance.choice(COMMON))),
            10,
            5,
        ),
    }
    figures = []
    async with query_pool(url, size=1) as pool, pool.connection() as connection:
        for what, (question, goal, aim) in questions.items():
            middle, high, processor = await _timed(connection, question)
            figures.append(
                Figure(
                    what=f"{what}, in the database, one connection: p95",
                    value=high,
                    unit="ms",
                    goal=goal,
                    aim=aim,
                    at_most=True,
                    note=f"p50 {middle:.1f} ms, processor time of PostgreSQL {processor:.2f} ms",
                )
            )
    return figures


async def _timed(connection: AsyncConnection, question: Question) -> tuple[float, float, float]:
    """Return the median and the 95th percentile of a question, and the processor time that
    PostgreSQL takes for it, in ms."""
    took: list[float] = []
    for _ in range(10):  # the first few times are spent preparing
        await question(connection)
    before = _processor_seconds(connection)
    for _ in range(QUESTIONS):
        began = time.perf_counter()
        await question(connection)
        took.append(1000 * (time.perf_counter() - began))
    processor = 1000 * (_processor_seconds(connection) - before) / QUESTIONS
    took.sort()
    return statistics.median(took), took[int(0.95 * QUESTIONS)], processor


def _over_http(url: str) -> list[Figure]:
    """The same questions as clients ask them: 32 connections, no pause, two processes."""
    chance = random.Random(4)
    numbers = [0, *chance.sample(range(1, OWNERS + 1), ASKING)]
    pages = ("status=open&priority=high,medium&tags=tag7", "status=open&sort=due_at")
    with step("ask the peer"), peer(url) as (port, _):
        tokens = {number: token_of(owner(number)) for number in numbers}
        theirs = _measured(port, _searching("/tasks", tokens, _two_words))
        their_beginning = _measured(port, _searching("/tasks", tokens, _beginning))
    with step("ask over HTTP"), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Together twice the cores, as docs/scaling.md has it.
        few = str(max(2, os.cpu_count() or 2))
        with serving(url, folder, processes=2, query_connections=few) as api:
            signer = TokenSigner(
                KeyRing(folder / "keys"), issuer="annals", audience="annals", life=900
            )
            register(url, [owner(number) for number in numbers])
            tokens = {
                number: signer.issue(owner(number), [Role.USER], owner(number))
                for number in numbers
            }
            path = "/api/v1/tasks"
            page = _measured(
                api.port,
                lambda: request("GET", f"{path}?{chance.choice(pages)}", token=tokens[0]),
            )
            exact = _measured(api.port, _searching(path, tokens, _two_words))
            beginning = _measured(api.port, _searching(path, tokens, _beginning))
    return [
        Figure(
            what="GET /tasks first page of 100,000 tasks, filters on, 32 connections: p95",
            value=page.high,
            unit="ms",
            goal=15,
            aim=10,
            at_most=True,
            note=page.note,
        ),
        *_beside("GET /tasks?q=, two words", exact, theirs),
        *_beside("GET /tasks?q=, the last word goes on", beginning, their_beginning),
    ]


class _Answers:
    """What the clients saw: answers a second, and how long they took in ms."""

    def __init__(self, took: Sequence[float], seconds: float) -> None:
        cuts = statistics.quantiles(took, n=20)
        self.middle, self.high, self.rate = cuts[9], cuts[18], len(took) / seconds

    @property
    def note(self) -> str:
        return f"p50 {self.middle:.1f} ms, p95 {self.high:.1f} ms, {self.rate:,.0f}/s"


def _beside(what: str, ours: _Answers, peer: _Answers) -> Iterator[Figure]:
    among = f"{what}, among 1,100,000 tasks after {WRITES:,} writes, 32 connections"
    yield Figure(
        what=f"{among}: searches, beside FastAPI + SQLModel with ILIKE",
        value=ours.rate,
        unit="/s",
        baseline=peer.rate,
        goal=5,
        aim=10,
        note=f"peer: {peer.note}",
    )
    yield Figure(
        what=f"{among}: p95", value=ours.high, unit="ms", goal=25, aim=15, at_most=True,
        note=ours.note,
    )  # fmt: skip


def _searching(
    path: str, tokens: dict[int, str], words: Callable[[random.Random], str]
) -> Callable[[], bytes]:
    chance = random.Random(5)
    others = list(tokens)[1:]
    return lambda: request(
        "GET", f"{path}?q={quote(words(chance))}", token=tokens[chance.choice(others)]
    )


def _two_words(chance: random.Random) -> str:
    return f"{chance.choice(COMMON)} {chance.choice(RARE)}"


def _beginning(chance: random.Random) -> str:
    return _two_words(chance)[:-1]


def _measured(port: int, ask: Callable[[], bytes]) -> _Answers:
    uvloop.run(load(port, ask, expected=200, seconds=1))
    answers = uvloop.run(load(port, ask, expected=200, seconds=SECONDS))
    return _Answers([1000 * answer.seconds for answer in answers], SECONDS)


def register(url: str, owners: Sequence[UUID]) -> None:
    """Give the owners accounts, and each a session with the same id."""
    registered = AccountRegistered(email="bench@annals.example", name="Bench")
    write(url, [recorded(registered, stream=account) for account in owners])
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sessions (id, account_id) VALUES (%s, %s)",
            [(account, account) for account in owners],
        )
