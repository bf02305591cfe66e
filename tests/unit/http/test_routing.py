"""The routing finds the operation that Litestar would find, also from what it remembers."""

from typing import Any
from uuid import UUID

import pytest
from litestar.exceptions import MethodNotAllowedException, NotFoundException

from interfaces.http.middleware.routing import Operation, Routing
from interfaces.http.server.app import litestar_app

APP = litestar_app()
FIRST = "01a215dd-e770-7246-8eae-e42099177220"
SECOND = "01a215dd-e770-7246-8eae-e42099177221"
TASKS = "/api/v1/tasks"


class Found:
    def __init__(self, routing: Routing, method: str, path: str) -> None:
        scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
        operation: Operation = routing._operation(scope)
        self.id = operation.handler.operation_id
        self.path = scope["path"]
        self.parameters = scope["path_params"]
        self.template = scope["path_template"]
        assert scope["route_handler"] is operation.handler


@pytest.fixture
def routing() -> Routing:
    async def never(*_: Any) -> None:
        raise NotImplementedError

    return Routing(APP, never)


@pytest.mark.parametrize(
    ("method", "after", "operation"),
    [
        ("GET", "", "get_task"),
        ("PATCH", "", "change_task"),
        ("POST", "/complete", "complete_task"),
        ("GET", "/recurrence", "get_recurrence"),
    ],
)
def test_each_id_is_found_like_the_first(
    routing: Routing, method: str, after: str, operation: str
) -> None:
    for text in (FIRST, SECOND, FIRST):
        found = Found(routing, method, f"{TASKS}/{text}{after}")
        assert found.id == operation
        assert found.parameters == {"task_id": UUID(text)}
        assert found.template == f"{TASKS}/{{task_id}}{after}"


def test_a_path_without_ids_has_no_parameters_each_time(routing: Routing) -> None:
    for _ in range(2):
        found = Found(routing, "POST", TASKS)
        assert (found.id, found.parameters) == ("create_task", {})
        found.parameters["request"] = None  # as a call puts its arguments there


def test_slashes_and_capitals_make_no_difference(routing: Routing) -> None:
    for _ in range(2):
        assert Found(routing, "GET", f"{TASKS}/").path == TASKS
        assert Found(routing, "GET", f"/api//v1/tasks/{FIRST}/").path == f"{TASKS}/{FIRST}"
        found = Found(routing, "GET", f"{TASKS}/{FIRST.upper()}")
        assert found.parameters == {"task_id": UUID(FIRST)}


def test_texts_and_second_ids_are_parameters_too(routing: Routing) -> None:
    for text in (FIRST, SECOND):
        found = Found(routing, "DELETE", f"{TASKS}/{FIRST}/tags/{text}")
        assert found.parameters == {"task_id": UUID(FIRST), "tag": f"/{text}"}
        found = Found(routing, "DELETE", f"{TASKS}/{FIRST}/reminders/{text}")
        assert found.parameters == {"task_id": UUID(FIRST), "reminder_id": UUID(text)}


def test_a_path_that_is_none_is_not_found_each_time(routing: Routing) -> None:
    for _ in range(2):
        with pytest.raises(NotFoundException):
            Found(routing, "GET", f"/api/v1/nothing/{FIRST}")
        with pytest.raises(NotFoundException):
            Found(routing, "GET", f"{TASKS}/{FIRST}/nothing")
        with pytest.raises(MethodNotAllowedException):
            Found(routing, "PUT", f"{TASKS}/{FIRST}/complete")


def test_what_is_remembered_is_bounded_by_the_operations(routing: Routing) -> None:
    for number in range(500):
        Found(routing, "GET", f"{TASKS}/{UUID(int=number)}")
        Found(routing, "DELETE", f"{TASKS}/{FIRST}/tags/{number}")
        Found(routing, "GET", f"{TASKS}{'/' * (number % 7)}")
    # GET of a task, and of the tasks: tags are texts, and slashes too many are not remembered.
    assert len(routing._operations) == 2
