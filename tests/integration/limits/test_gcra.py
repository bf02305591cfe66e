"""A limit is exact, whoever asks and from however many processes."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.backoff import NoBackoff
from redis.retry import Retry

from application.ports.unavailable import Unavailable
from infrastructure.limits.gcra import AsyncRateLimit, GcraRate, RateLimit
from tests.support.processes.dev_process import ROOT

TEN_AN_HOUR = GcraRate(limit=10, per=3600.0)


@pytest.fixture
def limit(redis_url: str) -> Iterator[RateLimit]:
    with Redis.from_url(redis_url) as client:
        yield RateLimit(client, prefix="test:")


def test_as_many_as_the_limit_at_once_and_then_no_more(limit: RateLimit) -> None:
    answers = [limit.take("ada", TEN_AN_HOUR) for _ in range(12)]
    assert [answer.allowed for answer in answers] == [True] * 10 + [False] * 2
    assert [answer.remaining for answer in answers] == [*range(9, -1, -1), 0, 0]


def test_it_says_how_long_to_wait(limit: RateLimit) -> None:
    allowed = [limit.take("ada", TEN_AN_HOUR) for _ in range(10)]
    assert {answer.retry_after for answer in allowed} == {0}
    assert limit.take("ada", TEN_AN_HOUR).retry_after == pytest.approx(360, abs=2)
    assert limit.take("ada", TEN_AN_HOUR, cost=3).retry_after == pytest.approx(3 * 360, abs=2)


def test_each_key_has_a_limit_of_its_own(limit: RateLimit) -> None:
    for _ in range(10):
        limit.take("ada:email", TEN_AN_HOUR)
    assert limit.take("ada:webhook", TEN_AN_HOUR).allowed
    assert limit.take("bob:email", TEN_AN_HOUR).allowed


def test_who_waits_as_told_is_let_in(limit: RateLimit) -> None:
    quick = GcraRate(limit=2, per=2.0)
    while (answer := limit.take("ada", quick)).allowed:
        pass
    assert not limit.take("ada", quick).allowed
    asyncio.run(asyncio.sleep(answer.retry_after + 0.001))
    assert limit.take("ada", quick).allowed


def test_a_refusal_costs_nothing(limit: RateLimit) -> None:
    limit.take("ada", TEN_AN_HOUR, cost=8)
    for _ in range(50):
        assert not limit.take("ada", TEN_AN_HOUR, cost=3).allowed
    assert limit.take("ada", TEN_AN_HOUR, cost=2).allowed


def test_more_at_once_than_can_ever_be_had_is_a_mistake(limit: RateLimit) -> None:
    with pytest.raises(ValueError, match="can never be taken"):
        limit.take("ada", TEN_AN_HOUR, cost=11)


def test_who_rests_leaves_nothing_behind(limit: RateLimit, redis_url: str) -> None:
    limit.take("ada", TEN_AN_HOUR)
    with Redis.from_url(redis_url) as client:
        (key,) = client.keys()
        assert 0 < client.pttl(key) <= 360_000


def test_an_emptied_redis_forgets_and_goes_on(limit: RateLimit, redis_url: str) -> None:
    limit.take("ada", TEN_AN_HOUR, cost=10)
    with Redis.from_url(redis_url) as client:
        client.flushall()
        client.script_flush()
    assert limit.take("ada", TEN_AN_HOUR).remaining == 9


def test_threads_and_event_loops_count_together(limit: RateLimit, redis_url: str) -> None:
    async def from_a_loop() -> int:
        async with AsyncRedis.from_url(redis_url) as client:
            there = AsyncRateLimit(client, prefix="test:")
            answers = await asyncio.gather(*(there.take("ada", TEN_AN_HOUR) for _ in range(8)))
            return sum(answer.allowed for answer in answers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: limit.take("ada", TEN_AN_HOUR), range(8)))
    assert sum(answer.allowed for answer in answers) == 8
    assert asyncio.run(from_a_loop()) == 2


TAKER = """
import sys
from redis import Redis
from infrastructure.limits.gcra import GcraRate, RateLimit

limit = RateLimit(Redis.from_url(sys.argv[1]), prefix="test:")
print("ready", flush=True)
sys.stdin.readline()
print(sum(limit.take("ada", GcraRate(limit=500, per=1e6)).allowed for _ in range(400)))
"""


def test_three_processes_are_allowed_exactly_the_limit(redis_url: str) -> None:
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, redis_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for taker in takers:
        assert taker.stdout
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:  # now all at once
        assert taker.stdin
        taker.stdin.write("go\n")
        taker.stdin.flush()
    allowed = [int(taker.communicate(timeout=60)[0]) for taker in takers]
    assert sum(allowed) == 500
    assert all(allowed)  # they did meet


def test_without_redis_the_caller_decides() -> None:
    with Redis(port=1, retry=Retry(NoBackoff(), 0)) as client, pytest.raises(Unavailable):
        RateLimit(client, prefix="test:").take("ada", TEN_AN_HOUR)
