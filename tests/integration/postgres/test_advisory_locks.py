"""One thread of one process at a time holds a lock, and a lost session holds none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest

from infrastructure.postgres.advisory_locks import AdvisoryLocks
from infrastructure.postgres.connections import connect_blocking

NAME = "annals test locks"


@pytest.fixture
def two_processes(database_url: str) -> Iterator[tuple[AdvisoryLocks, AdvisoryLocks]]:
    one, other = (AdvisoryLocks(partial(connect_blocking, database_url, name=NAME)) for _ in "12")
    yield one, other
    one.close()
    other.close()


def test_a_lock_is_refused_to_others_until_it_is_released(
    two_processes: tuple[AdvisoryLocks, AdvisoryLocks],
) -> None:
    one, other = two_processes
    key = uuid4()
    with one.lock(key) as acquired, other.lock(key) as by_other, one.lock(key) as again:
        assert (acquired, by_other, again) == (True, False, False)
        with other.lock(uuid4()) as another_key:
            assert another_key
    with other.lock(key) as acquired:
        assert acquired


def test_of_many_threads_only_one_holds_a_lock(
    two_processes: tuple[AdvisoryLocks, AdvisoryLocks],
) -> None:
    key, everyone = uuid4(), Barrier(8, timeout=30)

    def attempt(locks: AdvisoryLocks) -> bool:
        with locks.lock(key) as acquired:
            everyone.wait()  # all hold on to what they have got
            return acquired

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, two_processes * 4)) == 1


def test_an_error_inside_the_block_releases_the_lock(
    two_processes: tuple[AdvisoryLocks, AdvisoryLocks],
) -> None:
    one, other = two_processes
    key = uuid4()
    with pytest.raises(RuntimeError), one.lock(key):
        raise RuntimeError
    with other.lock(key) as acquired:
        assert acquired


def test_a_lost_session_frees_its_locks_and_is_replaced(
    two_processes: tuple[AdvisoryLocks, AdvisoryLocks], database_url: str
) -> None:
    one, other = two_processes
    key = uuid4()
    with one.lock(key):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = %s",
                (NAME,),
            )
        with other.lock(key) as acquired:
            assert acquired
    with one.lock(key) as acquired:
        assert acquired
