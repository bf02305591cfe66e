"""What all of `annals dev` costs: for a created task until all readers have it, and at rest."""

import os
import time
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import psycopg
import uvloop
from psycopg import Connection

from tests.bench.figures import Figure
from tests.bench.http import _body, sign_in
from tests.bench.peers.running import peer
from tests.support.clients.load_client import load, request
from tests.support.processes.dev_process import DevProcess, data_folder, dev_process
from tests.support.processes.serve_processes import Serving
from tests.support.servers.databases import postgres_server
from tests.support.waiting import wait_until

SETTLE_SECONDS = 10.0  # after the start, and after the load
IDLE_SECONDS = 60.0
LOAD_SECONDS = 20.0
WARM_SECONDS = 3.0
TICK = os.sysconf("SC_CLK_TCK")
TABLES = ("stored_events", "task_list", "history")
# What the command line of a process has, and what the report calls the process.
PROCESSES = {
    "interfaces.cli serve": "serve",
    "interfaces.cli project": "project",
    "interfaces.cli relay": "relay",
    "interfaces.cli work": "work",
    "interfaces.cli schedule": "schedule",
    "postgres": "PostgreSQL",
    "valkey": "Valkey",
    "kafka": "Kafka",
}


def run() -> list[Figure]:
    with data_folder() as folder, dev_process(folder, log_level="warning") as tree:
        api = Serving(int(tree.address.rpartition(":")[2]), [], tree.output)
        token = sign_in(api)
        with psycopg.connect(tree.database_url, autocommit=True) as database:
            time.sleep(SETTLE_SECONDS)
            idle = _idle(tree, database)
            _create(api.port, token, WARM_SECONDS)
            _caught_up(database)
            before, sizes = _processor_seconds(tree), _sizes(database)
            began = time.monotonic()
            created = _create(api.port, token, LOAD_SECONDS)
            _caught_up(database)
            seconds = time.monotonic() - began
            spent, grown = _spent(tree, before), _sizes(database)
    growth = {name: (grown[name] - sizes[name]) / created for name in TABLES}
    each = {name: used / created * 1e6 for name, used in spent.items()}
    return [
        Figure(
            what="whole tree: processor time of a created task until all readers have it",
            value=sum(each.values()),
            unit="µs",
            goal=350,
            aim=280,
            at_most=True,
            note=f"{created:,} tasks; {_listed(each, '.0f')}",
        ),
        Figure(
            what="whole tree: creates sustained, all readers up with the log at the end",
            value=created / seconds,
            unit="/s",
            baseline=_peer(),
            goal=10,
            aim=15,
            note="baseline: FastAPI + SQLModel with audit and outbox, 2 workers",
        ),
        Figure(
            what="bytes on disk per created task, before VACUUM",
            value=sum(growth.values()),
            unit="bytes",
            goal=2600,
            aim=2000,
            at_most=True,
            note=", ".join(f"{name} {size:,.0f}" for name, size in growth.items()),
        ),
        *idle,
    ]


def _idle(tree: DevProcess, database: Connection) -> list[Figure]:
    """Return what the tree takes while nobody asks for anything."""
    before, transactions = _processor_seconds(tree), _transactions(database)
    began = time.monotonic()
    time.sleep(IDLE_SECONDS)
    seconds = time.monotonic() - began
    shares = {name: used / seconds * 100 for name, used in _spent(tree, before).items()}
    return [
        Figure(
            what="idle tree",
            value=sum(shares.values()),
            unit="% of a core",
            goal=2.5,
            aim=1.5,
            at_most=True,
            note=_listed(shares, ".2f"),
        ),
        Figure(
            what="idle tree, transactions",
            value=(_transactions(database) - transactions) / seconds,
            unit="/s",
            goal=15,
            at_most=True,
        ),
    ]


def _peer() -> float:
    """Return how many tasks a second the peer creates."""
    with postgres_server({}) as postgres, peer(postgres.create("peer")) as (port, token):
        _create(port, token, WARM_SECONDS, path="/tasks")
        return _create(port, token, LOAD_SECONDS, path="/tasks") / LOAD_SECONDS


def _create(port: int, token: str, seconds: float, *, path: str = "/api/v1/tasks") -> int:
    number = count()

    def post() -> bytes:
        return request("POST", path, _body(next(number)), token=token)

    return len(uvloop.run(load(port, post, expected=201, seconds=seconds)))


def _caught_up(database: Connection) -> None:
    """Wait until every reader has read the log to its end."""

    def all_there() -> bool:
        [(behind,)] = database.execute(
            "SELECT count(*) FROM notification_tracking WHERE notification_id <"
            " (SELECT max(notification_id) FROM stored_events)"
        ).fetchall()
        return bool(behind == 0)

    wait_until(all_there, within=300)


def _processor_seconds(tree: DevProcess) -> Mapping[str, float]:
    """Return the processor time of all members so far by kind of process, in seconds.

    That of children which have ended is included.
    """
    seconds: dict[str, float] = defaultdict(float)
    for pid, line in tree.members().items():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        name = next((name for words, name in PROCESSES.items() if words in line), "the rest")
        seconds[name] += sum(map(int, fields[11:15])) / TICK
    return seconds


def _spent(tree: DevProcess, before: Mapping[str, float]) -> dict[str, float]:
    """Return the processor time since `before` by kind of process, in seconds."""
    return {name: used - before.get(name, 0.0) for name, used in _processor_seconds(tree).items()}


def _listed(values: Mapping[str, float], form: str) -> str:
    ranked = sorted(values.items(), key=lambda each: -each[1])
    return ", ".join(f"{name} {value:{form}}" for name, value in ranked)


def _transactions(database: Connection) -> int:
    # What a backend has counted is seen at the latest a second after its last transaction.
    [(ended,)] = database.execute(
        "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database"
    ).fetchall()
    return int(ended)


def _sizes(database: Connection) -> dict[str, int]:
    """Return the bytes of each table, its partitions, indexes and long values included."""
    return {
        name: int(
            database.execute(
                "SELECT coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size(%s))"
                " FROM pg_partition_tree(%s::regclass)",
                (name, name),
            ).fetchall()[0][0]
        )
        for name in TABLES
    }
