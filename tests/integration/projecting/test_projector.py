"""The projector shows what the log says: soon, once, in order, whatever befalls it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domain.events.identity.accounts import AccountRegistered, AccountRoleGranted
from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged, TaskUpdated
from domain.vocabulary import Role, Status
from infrastructure.following.checkpoints import CheckpointMoved, advance, begin
from projections.views import accounts
from projections.views.accounts import Accounts
from projections.views.audit_trail.history import History
from projections.views.tasks import task_list
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import Log, following, open_log
from tests.support.facts import ADA, NINE, history

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants", tags=("home", "a,b {}"), due_at=NINE)


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def test_a_view_shows_what_happened(log: Log) -> None:
    async with following(log.url, TaskListView()):
        task = await log.happened(CREATED, TaskTagged(tags=("now",)), TaskCompleted())
        await log.caught_up(TaskListView())
    row = await task_list.get(log.connection, task)
    assert row
    assert (row.title, row.status, row.tags) == (
        "Water the plants",
        Status.COMPLETED,
        ("home", "a,b {}", "now"),
    )
    assert (row.due_at, row.version) == (NINE, 3)


async def test_every_view_follows_the_same_log(log: Log) -> None:
    async with following(log.url, TaskListView(), History(), Accounts()):
        await log.happened(CREATED)
        ada = await log.happened(
            AccountRegistered(email="ada@example.org", name="Ada"),
            AccountRoleGranted(role=Role.ADMIN),
        )
        for view in (TaskListView(), History(), Accounts()):
            await log.caught_up(view)
    account = await accounts.by_id(log.connection, ada)
    assert account
    assert (account.id, account.roles) == (ada, (Role.USER, Role.ADMIN))
    assert [entry.action for entry in await log.rows(History())] == [
        "task.created",
        "account.registered",
        "account.role_granted",
    ]


async def test_a_view_says_how_far_it_has_looked_also_where_nothing_concerns_it(log: Log) -> None:
    async with following(log.url, Accounts()):
        for _ in range(3):
            await log.happened(CREATED)
            await log.caught_up(Accounts())


async def test_a_projector_goes_on_where_another_ended(log: Log) -> None:
    task = uuid4()
    created, updated = history(CREATED, TaskUpdated(title="Drown them"), stream=task)
    for fact in (created, updated):
        await log.append(fact)
        async with following(log.url, TaskListView()):
            await log.caught_up(TaskListView())
    row = await task_list.get(log.connection, task)
    assert row
    assert (row.title, row.version) == ("Drown them", 2)


async def test_a_view_that_a_migration_emptied_is_folded_again_by_its_running_projector(
    log: Log,
) -> None:
    async with following(log.url, TaskListView()):
        first = await log.happened(CREATED)
        await log.caught_up(TaskListView())
        async with log.connection.transaction():
            await log.connection.execute("DELETE FROM views.task_list")
            await log.connection.execute(
                "DELETE FROM notification_tracking WHERE application_name = %s",
                (TaskListView.name,),
            )
        second = await log.happened(CREATED)
        await log.caught_up(TaskListView())
    assert {row.id for row in await log.rows(TaskListView())} == {first, second}


async def test_batches_of_any_size_give_the_same_rows(log: Log) -> None:
    for _ in range(5):
        await log.happened(CREATED, TaskUpdated(title="Drown them"), TaskCompleted())
    await log.folded(TaskListView(), batch=1)
    one_by_one = await log.rows(TaskListView())
    await log.connection.execute("TRUNCATE task_list")
    await log.connection.execute("DELETE FROM notification_tracking")
    await log.folded(TaskListView(), batch=4)
    assert await log.rows(TaskListView()) == one_by_one
    assert len(one_by_one) == 5


async def test_a_position_moves_only_from_where_it_stands(log: Log) -> None:
    assert await begin(log.connection, "task_list") == 0
    await advance(log.connection, "task_list", start=0, end=7)
    with pytest.raises(CheckpointMoved):
        await advance(log.connection, "task_list", start=0, end=8)
    assert await begin(log.connection, "task_list") == 7
