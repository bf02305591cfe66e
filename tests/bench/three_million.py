"""Three million tasks of 3,000 owners: fill, verify, rebuild, list, search, cold start and disk.

It takes long, so it runs only by its name. The filled database is kept for the next run.
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import psycopg

from domain.vocabulary import Role
from infrastructure.postgres.connections import query_pool
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.rebuilding.verification import verify
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.tokens import TokenSigner
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.views.searching.task_query import TaskQuery
from projections.views.searching.task_search import search
from projections.views.tasks.task_list import TaskListView
from tests.bench.big_log import COMMON, RARE, owner, tasks_of_owners, write
from tests.bench.figures import Figure
from tests.bench.kept import kept_database, step
from tests.bench.search import FOLDED, register
from tests.support.processes.serve_processes import serving

EVENTS = EventLog(RecordMapper())
OWNERS, EACH = 3_000, 1_000
QUESTIONS = 200
WORKERS = os.cpu_count() or 1


def run(owners: int = OWNERS) -> list[Figure]:
    tasks = owners * EACH
    with kept_database(f"tasks_{tasks}", lambda url: _fill(url, owners), of=FOLDED) as url:
        with _timed("verify the view") as verifying:
            result = asyncio.run(
                verify(url, TaskListView(), EVENTS, workers=WORKERS, progress=lambda *_: None)
            )
        if result.different or result.failures:
            raise AssertionError(f"The view differs from the log: {result}")
        with _timed("rebuild the view") as rebuilding:
            _rebuild(url)
        listing, searching = asyncio.run(_ask(url, owners))
        cold = _cold_start(url, owner(1))
        size = _bytes(url)
    among = f"among {tasks:,} tasks of {owners:,} owners"
    return [
        Figure(what=f"verify task_list {among}", value=tasks / verifying[0], unit="events/s"),
        Figure(what=f"rebuild task_list {among}", value=tasks / rebuilding[0], unit="events/s"),
        Figure(
            what=f"first page of an owner {among}, in the database: p95", value=listing, unit="ms"
        ),
        Figure(what=f"two words {among}, in the database: p95", value=searching, unit="ms"),
        Figure(
            what=f"`annals serve` {among}: seconds until the first page is answered",
            value=cold,
            unit="s",
        ),
        *(
            Figure(what=f"{name} {among}: bytes a task", value=found / tasks, unit="B")
            for name, found in size.items()
        ),
    ]


def _fill(url: str, owners: int) -> None:
    with step(f"append {owners * EACH:,} facts"):
        write(url, tasks_of_owners((owner(number), EACH) for number in range(1, owners + 1)))
    with step("build the view"):
        _rebuild(url)


def _rebuild(url: str) -> None:
    asyncio.run(rebuild(url, TaskListView(), EVENTS, workers=WORKERS, progress=lambda *_: None))


@contextmanager
def _timed(what: str) -> Iterator[list[float]]:
    """Print what is done; yield a list that has its seconds when the block has ended."""
    seconds: list[float] = []
    with step(what):
        began = time.perf_counter()
        yield seconds
        seconds.append(time.perf_counter() - began)


async def _ask(url: str, owners: int) -> tuple[float, float]:
    chance = random.Random(6)

    def words() -> TaskQuery:
        return TaskQuery(q=f"{chance.choice(COMMON)} {chance.choice(RARE)}")

    async def high(query: Callable[[], TaskQuery]) -> float:
        took = list[float]()
        for _ in range(QUESTIONS):
            began = time.perf_counter()
            await search(connection, owner(chance.randint(1, owners)), query())
            took.append(1000 * (time.perf_counter() - began))
        return statistics.quantiles(took, n=20)[18]

    with step("list and search"):
        async with query_pool(url, size=1) as pool, pool.connection() as connection:
            return await high(TaskQuery), await high(words)


def _cold_start(url: str, account: UUID) -> float:
    """Return the seconds from the start of an API process to its first page of tasks."""
    with step("start cold"), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        register(url, [account])
        began = time.perf_counter()
        with serving(url, folder) as api:
            keys = KeyRing(folder / "keys")
            signer = TokenSigner(keys, issuer="annals", audience="annals", life=900)
            bearer = f"Bearer {signer.issue(account, [Role.USER], account)}"
            page = httpx.get(f"{api.address}/api/v1/tasks", headers={"Authorization": bearer})
            page.raise_for_status()
            return time.perf_counter() - began


def _bytes(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(
                "SELECT pg_total_relation_size(%s::regclass)", [table]
            ).fetchall()[0][0]
            for table in ("stored_events", "views.task_list")
        }
