"""A reader's lag counts what it has yet to read, and nothing that is still being written."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from domain.events.tasks import TaskCreated
from infrastructure.following.lag import Lag, lag_behind
from tests.support.event_log import EVENTS, Log, open_log
from tests.support.facts import ADA, recorded

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def test_a_reader_at_the_end_is_not_behind(log: Log) -> None:
    assert await lag_behind(log.connection, EVENTS, 0) == Lag()
    await log.happened(CREATED)
    assert await lag_behind(log.connection, EVENTS, 1) == Lag()


async def test_the_lag_is_as_old_as_the_oldest_unread_event(log: Log) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await log.append(recorded(CREATED, at=hour_ago))
    await log.append(recorded(CREATED, stream=uuid4(), at=datetime.now(UTC)))
    behind = await lag_behind(log.connection, EVENTS, 0)
    assert behind.events == 2
    assert behind.seconds >= 3600
    assert (await lag_behind(log.connection, EVENTS, 1)).seconds < 3600


async def test_an_event_that_is_still_being_written_is_not_counted(log: Log) -> None:
    await log.happened(CREATED)
    async with await psycopg.AsyncConnection.connect(log.url) as writer:
        await writer.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
            " VALUES (%s, 1, 'task.created', '{}')",
            (uuid4(),),
        )
        assert await lag_behind(log.connection, EVENTS, 1) == Lag()
        await writer.rollback()


async def test_an_event_that_cannot_be_read_counts_but_has_no_age(log: Log) -> None:
    await log.connection.execute(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        " VALUES (%s, 1, 'task.created', '{}')",
        (uuid4(),),
    )
    assert await lag_behind(log.connection, EVENTS, 0) == Lag(events=1, seconds=0.0)
