"""What happens in the log is counted once, whoever counts and whatever comes in between."""

from collections.abc import AsyncIterator

import pytest

from domain.events.tasks import TaskCreated
from infrastructure.following.checkpoints import CheckpointMoved, advance, begin
from infrastructure.projecting.event_counter import EventCounter
from infrastructure.telemetry.metrics import TASKS_CREATED
from tests.support.event_log import EVENTS, Log, open_log
from tests.support.facts import ADA

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


def counted() -> float:
    return sum(sample.value for family in TASKS_CREATED.collect() for sample in family.samples)


async def test_what_another_has_counted_meanwhile_is_not_counted_again(log: Log) -> None:
    tally = EventCounter(EVENTS)
    assert await begin(log.connection, tally.name) == 0
    await log.happened(CREATED)
    before = counted()
    end = await log.end()
    await advance(log.connection, tally.name, start=0, end=end)
    with pytest.raises(CheckpointMoved):
        await tally.advance(log.connection, 0, limit=1_000)
    assert counted() == before
    await log.happened(CREATED)
    assert await tally.advance(log.connection, end, limit=1_000) == await log.end()
    assert counted() == before + 1
