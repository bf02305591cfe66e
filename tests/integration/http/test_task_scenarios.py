"""What a request to a task answers, and what it records: route, command and log as one."""

from uuid import UUID

import pytest

from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskUpdated,
)
from domain.vocabulary import AccountId
from tests.support.api import Api, Person
from tests.support.facts import TASK
from tests.support.scenario import given

pytestmark = pytest.mark.usefixtures("database_url")

PATH = f"/tasks/{TASK}"


@pytest.fixture
async def created(ada: Person) -> TaskCreated:
    """A task of hers."""
    account = (await ada.get("/auth/me")).json()["id"]
    return TaskCreated(owner=AccountId(UUID(account)), title="Water the plants")


async def test_completing_a_task_records_it(api: Api, ada: Person, created: TaskCreated) -> None:
    asked = given(created).asked("POST", f"{PATH}/complete", of=api, by=ada)
    await asked.answers(200, status="completed", version=2).records(TaskCompleted())


async def test_completing_it_again_records_nothing(
    api: Api, ada: Person, created: TaskCreated
) -> None:
    asked = given(created, TaskCompleted()).asked("POST", f"{PATH}/complete", of=api, by=ada)
    await asked.answers(200, status="completed", version=2).records()


async def test_a_change_records_what_it_names(api: Api, ada: Person, created: TaskCreated) -> None:
    asked = given(created).asked("PATCH", PATH, {"title": "Drown them"}, of=api, by=ada)
    await asked.answers(200, title="Drown them").records(TaskUpdated(title="Drown them"))


async def test_a_change_of_another_version_is_refused_and_records_nothing(
    api: Api, ada: Person, created: TaskCreated
) -> None:
    asked = given(created, TaskCompleted(), TaskReopened()).asked(
        "PATCH", PATH, {"title": "Drown them"}, of=api, by=ada, if_match='"1"'
    )
    await asked.answers(412, type="/problems/version-mismatch").records()


async def test_a_deleted_task_cannot_be_completed(
    api: Api, ada: Person, created: TaskCreated
) -> None:
    asked = given(created, TaskDeleted()).asked("POST", f"{PATH}/complete", of=api, by=ada)
    await asked.answers(409, type="/problems/task-is-deleted").records()


async def test_the_task_of_somebody_else_is_not_found(
    api: Api, bob: Person, created: TaskCreated
) -> None:
    asked = given(created).asked("POST", f"{PATH}/complete", of=api, by=bob)
    await asked.answers(404, type="/problems/task-not-found").records()
