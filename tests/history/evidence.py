"""Gathers what a run has left behind: the log and the views of one snapshot, and the exports."""

import json
import time
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.history.checker import FOLDS, ViewTable
from tests.history.own_fold import OPTIONAL, Fact, Row, moment
from tests.support.kafka.consumer import Reading

SETTLE_SECONDS = 60
KAFKA_TOPICS = ("task-events", "recurrence-events", "reminder-events")


def settle(database_url: str) -> None:
    """Return once every view has come to the end of the log as it is now, or after a minute.

    A view that has not is found by the checker, which says where it stays.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    with psycopg.connect(database_url, autocommit=True) as connection:
        end = _end(connection)
        while _least_position(connection) < end and time.monotonic() < deadline:
            time.sleep(0.1)


def log_and_views(database_url: str) -> tuple[list[Fact], dict[str, ViewTable]]:
    """Return the log, and each view with its position, as they are at one moment.

    Reminders ring and notifications are sent also when nobody does anything, so the moment is one
    at which every view has come to the end, or a minute from now.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        facts, views = _snapshot(database_url)
        end = facts[-1].position if facts else 0
        if all(view.position >= end for view in views.values()) or time.monotonic() > deadline:
            return facts, views
        time.sleep(0.2)


def _snapshot(database_url: str) -> tuple[list[Fact], dict[str, ViewTable]]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SET timezone = 'UTC'")
        rows = connection.execute("SELECT * FROM stored_events ORDER BY notification_id")
        facts = [_fact(row) for row in rows]
        views = {name: _view(connection, name) for name in FOLDS}
    return facts, views


def _fact(row: Row) -> Fact:
    return Fact(
        row["notification_id"],
        str(row["originator_id"]),
        row["originator_version"],
        row["topic"],
        json.loads(row["state"]),
    )


def missing_facts(log_url: str, shorter_url: str) -> list[Fact]:
    """Return what is in the log of the one database and not in that of the other."""
    places = "SELECT notification_id, originator_id, originator_version FROM stored_events"
    with psycopg.connect(shorter_url) as connection:
        left = set(connection.execute(places))
    with psycopg.connect(log_url) as connection:
        lost = sorted(position for position, *rest in set(connection.execute(places)) - left)
    with psycopg.connect(log_url, row_factory=dict_row) as connection:
        select = "SELECT * FROM stored_events WHERE notification_id = ANY(%s) ORDER BY 1"
        return [_fact(row) for row in connection.execute(select, (lost,))]


def _view(connection: psycopg.Connection[Row], name: str) -> ViewTable:
    position = connection.execute(
        "SELECT notification_id FROM notification_tracking WHERE application_name = %s", (name,)
    ).fetchone()
    rows = connection.execute(
        sql.SQL("SELECT * FROM {}").format(sql.Identifier("views", name))
    ).fetchall()
    key = "position" if name == "history" else "id"
    table = ViewTable(position["notification_id"] if position else 0, {})
    for row in rows:
        plain = plain_row(row)
        table.rows[str(row[key])] = history_entry(plain) if name == "history" else plain
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value.isoformat())
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, int | list | dict | None) else str(value)


def plain_row(row: Row) -> Row:
    """Return a row of a view in the terms of the log's JSON."""
    return {field: _plain(value) for field, value in row.items()}


def history_entry(row: Row) -> Row:
    """Return an entry of the history with the state it holds, where that is a task's."""
    state = row.pop("state")
    row["task"] = None
    if row["entity_type"] == "task":
        row["task"] = dict.fromkeys(OPTIONAL) | _task(state)  # the table leaves out what is empty
    return row


def _task(state: Row) -> Row:
    moments = {name for name in state if name.endswith("_at") or name == "occurrence"}
    return {name: moment(v) if name in moments else v for name, v in state.items()}


def positions_of_export(lines: Iterable[str]) -> list[int]:
    """Return the positions of an export as NDJSON, in its order."""
    return [json.loads(line)["position"] for line in lines if line.strip()]


def published(bootstrap_servers: str, wanted: Collection[int]) -> list[tuple[str, str, int]]:
    """Return topic, key and position of what was published, with all of `wanted` if it comes."""
    reading = Reading(bootstrap_servers, KAFKA_TOPICS)
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if {message.position for message in reading.read(0.2)} >= set(wanted):
            break
    reading.close()
    return [(each.topic, each.key, each.position) for each in reading.received]


def _end(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT max(notification_id) FROM stored_events").fetchone()
    return int(row[0] or 0) if row else 0


def _least_position(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(
        "SELECT min(notification_id) FROM notification_tracking WHERE application_name = ANY(%s)",
        (list(FOLDS),),
    ).fetchone()
    return int(row[0] or 0) if row else 0
