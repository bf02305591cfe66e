"""The requeuer enqueues what the queue does not hold: in time, and once."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.events.notifications import NotificationRequested
from domain.vocabulary import ChannelName
from infrastructure.delivery.queue import DeliveryQueue, redis_client
from infrastructure.delivery.requeuer import Requeuer
from infrastructure.postgres.connections import query_pool
from infrastructure.postgres.queries import QueryRunner
from projections.views.reminders.notifications import Notifications
from tests.support.event_log import Log, following, open_log
from tests.support.facts import ADA, history

pytestmark = pytest.mark.anyio

GRACE = timedelta(seconds=60)
NOW = "annals:email.msgs"
LATER = "annals:email.DQ.msgs"


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log, following(database_url, Notifications()):
        yield log


@pytest.fixture
def queue(redis_url: str) -> Iterator[DeliveryQueue]:
    client = redis_client(redis_url, database=1)
    yield DeliveryQueue(client, mark_life=5 * GRACE)
    client.close()


@pytest.fixture
async def sweeper(database_url: str, queue: DeliveryQueue) -> AsyncIterator[Requeuer]:
    async with query_pool(database_url) as pool:
        yield Requeuer(QueryRunner(pool), queue, grace=GRACE, batch_size=7)


async def held(log: Log, **until: float) -> UUID:
    """Let there be a notification that is to be told so long from now."""
    now = datetime.now(UTC)
    request = NotificationRequested(
        account_id=ADA,
        channel=ChannelName.EMAIL,
        kind="reminder",
        cause=uuid4(),
        occurred_at=now,
        title="Water the plants",
        not_before=now + timedelta(**until),
    )
    stream = uuid4()
    await log.append(*history(request, stream=stream, at=now))
    return stream


def queued(queue: DeliveryQueue, where: str) -> dict[UUID, float]:
    """What lies there, and when it is to be tried."""
    messages = map(msgspec.json.decode, queue.client.hvals(where))
    return {UUID(m["args"][0]): m["options"].get("eta", 0) / 1000 for m in messages}


async def test_what_was_held_is_queued_for_its_moment(
    log: Log, queue: DeliveryQueue, sweeper: Requeuer
) -> None:
    soon, _ = await held(log, seconds=40), await held(log, minutes=11)
    await log.caught_up(Notifications())
    for _ in range(2):
        await sweeper.requeue_missing()
    assert queued(queue, NOW) == {}
    [(only, at)] = queued(queue, LATER).items()
    assert only == soon
    assert 35 < at - datetime.now(UTC).timestamp() <= 40.1


async def test_what_redis_forgot_is_queued_at_once(
    log: Log, queue: DeliveryQueue, sweeper: Requeuer
) -> None:
    late, _ = await held(log, seconds=-61), await held(log, seconds=-20)
    await log.caught_up(Notifications())
    await sweeper.requeue_missing()
    assert list(queued(queue, NOW)) == [late]
    queue.client.flushall()
    await sweeper.requeue_missing()
    assert list(queued(queue, NOW)) == [late]
    assert queued(queue, LATER) == {}


async def test_a_sweep_sees_all_of_a_crowd(
    log: Log, queue: DeliveryQueue, sweeper: Requeuer
) -> None:
    held_back = {await held(log, seconds=50) for _ in range(25)}
    await log.caught_up(Notifications())
    await sweeper.requeue_missing()
    assert queued(queue, LATER).keys() == held_back
