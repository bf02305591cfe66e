"""A new history leaves positions out: no reader is behind by them, wherever its lag is shown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.telemetry.metrics import FOLLOWER_ACTIVE, FOLLOWER_EVENTS
from projections.views.accounts import Accounts
from projections.views.tasks.task_list import TaskListView
from tests.integration.history.test_positions import CREATED
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import recorded
from tests.support.processes.dev_process import annals
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

ALERTS = Path(__file__).parents[3] / "helm/files/alerts.yaml"
LEAP = 2**24
BEFORE, AFTER = 2, 3  # events on either side of two leaps
VIEW = ("view", "task_list")


@pytest.fixture
def _active() -> Iterator[None]:
    FOLLOWER_ACTIVE.labels(*VIEW).set(1)
    yield
    FOLLOWER_ACTIVE.labels(*VIEW).set(0)


async def leapt(log: Log) -> None:
    """Let a view be at the end of one history, and events be in the next but one."""
    for _ in range(BEFORE):
        await log.happened(CREATED)
    await log.folded(TaskListView())
    for _ in range(2):
        await log.connection.execute("SELECT annals_begin_history()")


async def more(log: Log) -> None:
    async with open_log(log.url) as later:
        for _ in range(AFTER):
            hour_ago = datetime.now(UTC) - timedelta(hours=1)
            await later.append(recorded(CREATED, stream=uuid4(), at=hour_ago))
        assert await later.end() > 2 * LEAP


def shown(url: str) -> dict[str, list[str]]:
    """Return position and lag of each view, as operators see them."""
    lines = annals("views", database_url=url).stdout.splitlines()
    return {name: words[:2] for name, *words in map(str.split, lines)}


def most_events() -> float:
    """Return the lag beyond which an alert fires."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    [rule] = [
        rule
        for group in groups
        for rule in group["rules"]
        if rule["alert"] == "AnnalsFollowerBehind"
    ]
    [most] = re.findall(r"annals_follower_lag_events\) > (\d+)", rule["expr"])
    return float(most)


@pytest.mark.usefixtures("_active")
async def test_the_lag_counts_events_and_not_the_leap(database_url: str) -> None:
    async with open_log(database_url) as log:
        await leapt(log)
        for events in (0, AFTER):
            if events:
                await more(log)
            families = await LogMetrics(EVENTS, followers=True)(log.connection)
            lags = {
                family.name: sample.value
                for family in families
                for sample in family.samples
                if not sample.labels or VIEW[1] in sample.labels.values()
            }
            assert lags["annals_follower_lag_events"] == events < most_events()
            assert (lags["annals_follower_lag_seconds"] >= 3600) == bool(events)
            listed = shown(database_url)
            assert listed["task_list"] == [str(BEFORE), str(events)]
            assert listed[Accounts.name] == ["0", str(BEFORE + events)]
        counted = FOLLOWER_EVENTS.labels("reader", TaskListView.name)._value
        before = counted.get()
        async with following(database_url, TaskListView()):
            await until(lambda: _true(counted.get() - before == AFTER))
        assert shown(database_url)["task_list"] == [f"{await log.end():,}", "0"]


async def _true(holds: bool) -> bool:
    return holds
