"""What tests are given: real servers, started once, and a database of their own each."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from redis import Redis

from infrastructure.postgres.migrations import migrate
from infrastructure.security.signing_key import fill_key_folder
from tests.support.distribution import FilesTogether, longest_first
from tests.support.kafka.brokers import BROKERS, Broker, broker
from tests.support.quick_clients import quick_clients
from tests.support.quick_hashes import quick_hashes
from tests.support.seed import SEED, VARIABLE
from tests.support.servers.databases import Postgres, postgres_server, valkey_server
from tests.support.servers.small_disk import may_mount

# Hypothesis draws by the seed of the run, too: the same in each run, unless a seed is given. It
# remembers no failure of an earlier run, and a busy machine may take its time.
hypothesis.settings.register_profile(
    "suite",
    derandomize=VARIABLE not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)  # before hypothesis looks
def pytest_configure(config: pytest.Config) -> None:
    if VARIABLE in os.environ and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = SEED


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    with quick_hashes(), quick_clients():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL. Others use it too: stop or slow down one of your own instead."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def _migrated(postgres: Postgres) -> str:
    """The name of a database that is only ever copied."""
    migrate(postgres.create("migrated"), postgres.as_app("migrated"))
    return "migrated"


@pytest.fixture
def database_url(postgres: Postgres, _migrated: str) -> Iterator[str]:
    """A database of this test's own with every table and no rows, as the processes log in."""
    with postgres.migrated_database(_migrated) as url:
        yield url


@pytest.fixture
def owner_url(postgres: Postgres, database_url: str) -> str:
    """The same database as `database_url`, with a login that may do everything."""
    return postgres.address(database_url.rpartition("/")[2])


@pytest.fixture
def empty_database_url(postgres: Postgres) -> Iterator[str]:
    """A database of this test's own without any table."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key that signs tokens and with an installation secret."""
    folder = tmp_path_factory.mktemp("keys")
    fill_key_folder(folder)
    return folder


@pytest.fixture(scope="session")
def _valkey() -> Iterator[str]:
    with valkey_server() as url:
        yield url


@pytest.fixture
def redis_url(_valkey: str) -> str:
    """The session's Valkey, emptied for this test."""
    with Redis.from_url(_valkey) as client:
        client.flushall()
    return _valkey


@pytest.fixture(scope="session", params=BROKERS)
def kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A broker that the whole session shares, one after the other of those that can run here."""
    with broker(request.param) as running:
        yield running


@pytest.fixture(scope="module", params=BROKERS)
def _killable_kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with broker(request.param) as running:
        yield running


@pytest.fixture
def own_kafka(_killable_kafka: Broker) -> Broker:
    """A broker that is this test's alone, to be killed and started again; others had it before."""
    _killable_kafka.ensure_running()
    return _killable_kafka


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    # Modules and tests stay until the end: the collector of garbage would only walk through them.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    return FilesTogether(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = "" if len(BROKERS) > 1 else "; Apache Kafka needs Java 17 and Maven"
    terminalreporter.write_line(f"Kafka tests run on: {', '.join(BROKERS)}{left_out}")
    if not may_mount():
        terminalreporter.write_line("The full disk was simulated: nothing may be mounted here")
    terminalreporter.write_line(f"The seed of this run: {VARIABLE}={SEED}")
