"""No account takes the connections of the others, whatever it does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection

from application.ports.queries import TooManyQueries, asking_account
from application.ports.unavailable import Unavailable
from infrastructure.postgres.account_shares import FREE_SECONDS, MAX_WAITING
from infrastructure.postgres.connections import query_pool
from infrastructure.postgres.queries import QueryRunner
from tests.support.facts import ADA, BOB
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

SIZE = 4


@pytest.fixture
async def queries(database_url: str) -> AsyncIterator[QueryRunner]:
    async with query_pool(database_url, size=SIZE) as pool:
        yield QueryRunner(pool)


class Gate:
    """A query that keeps its connection until the gate is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.inside = 0
        self.most_inside = 0

    async def query(self, connection: AsyncConnection) -> int:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.opened.wait()
            return 1
        finally:
            self.inside -= 1


async def one(connection: AsyncConnection) -> int:
    found = await (await connection.execute("SELECT 1")).fetchone()
    return int(found[0]) if found else 0


async def asked_by(account: UUID | None, queries: QueryRunner, query: object) -> int:
    asking_account.set(account)
    return await queries.run(query)  # type: ignore[arg-type]


async def test_a_greedy_account_has_half_of_the_pool_and_a_patient_one_is_served(
    queries: QueryRunner,
) -> None:
    gate = Gate()
    greedy = [asyncio.create_task(asked_by(ADA, queries, gate.query)) for _ in range(12)]
    await until(lambda: _is(gate.inside == SIZE // 2))
    for _ in range(20):
        assert await asyncio.create_task(asked_by(BOB, queries, one)) == 1
    assert await asyncio.create_task(asked_by(None, queries, one)) == 1
    assert gate.most_inside == SIZE // 2
    gate.opened.set()
    assert await asyncio.gather(*greedy) == [1] * 12


async def test_what_waits_for_too_long_is_told_that_it_is_its_own_doing(
    queries: QueryRunner,
) -> None:
    gate = Gate()
    greedy = [asyncio.create_task(asked_by(ADA, queries, gate.query)) for _ in range(SIZE)]
    answers = await asyncio.gather(*greedy, return_exceptions=True)
    assert {type(answer) for answer in answers} <= {TooManyQueries, Unavailable}
    assert TooManyQueries in {type(answer) for answer in answers}
    assert await asyncio.create_task(asked_by(ADA, queries, one)) == 1  # nothing is left taken


async def test_of_an_account_so_many_wait_and_the_rest_is_refused_at_once(
    queries: QueryRunner,
) -> None:
    gate = Gate()
    most = SIZE // 2 + MAX_WAITING
    asked = [asyncio.create_task(asked_by(ADA, queries, gate.query)) for _ in range(most + 5)]
    await until(lambda: _is(sum(task.done() for task in asked) == 5))
    gate.opened.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers[most:]] == [TooManyQueries] * 5
    assert answers[:most] == [1] * most


async def test_all_exports_together_have_a_quarter_of_the_pool(queries: QueryRunner) -> None:
    gate = Gate()
    exports = [asyncio.create_task(queries.run_export(gate.query)) for _ in range(6)]
    await until(lambda: _is(gate.inside == 1))
    assert await asyncio.create_task(asked_by(BOB, queries, one)) == 1
    assert gate.most_inside == SIZE // 4
    gate.opened.set()
    assert await asyncio.gather(*exports) == [1] * 6
    assert gate.most_inside == SIZE // 4


@pytest.mark.parametrize("ask", [QueryRunner.run, QueryRunner.run_export])
async def test_an_account_that_spent_much_waits_and_the_others_are_served_meanwhile(
    queries: QueryRunner, ask: Any
) -> None:
    order = list[UUID]()

    async def asked(account: UUID) -> None:
        asking_account.set(account)
        queries.notice(account)
        await ask(queries, one)
        order.append(account)

    async def spends(connection: AsyncConnection) -> None:
        await connection.execute("SELECT pg_sleep(%s)", [FREE_SECONDS + 0.02])

    queries.notice(BOB)
    await asyncio.create_task(asked_by(ADA, queries, spends))
    queries.notice(ADA)
    greedy = [asyncio.create_task(asked(ADA)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.gather(*(asyncio.create_task(asked(BOB)) for _ in range(3)))
    assert order == [BOB] * 3
    await asyncio.gather(*greedy)
    assert order == [*[BOB] * 3, *[ADA] * 2]


async def _is(holds: bool) -> bool:
    return holds
