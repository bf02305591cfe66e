"""Which handlers are called at once, and which only by Litestar; both ways answer alike."""

from typing import Annotated, Any
from uuid import UUID

import pytest
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from litestar.types import ASGIApp

from interfaces.http.middleware.direct_calls import DirectCall, direct_call
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.request import AnnalsRequest, AnyRequest
from interfaces.http.server.app import litestar_app

ID = UUID(int=1)
APP = litestar_app()


def call_of(operation: str) -> DirectCall | None:
    """Return how the handler of an operation is called, with ids wherever its path has some."""
    for route in APP.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if isinstance(handler, HTTPRouteHandler) and handler.operation_id == operation:
                path = {
                    name: ID if parameter.type is UUID else "text"
                    for name, parameter in route.path_parameters.items()
                }
                return direct_call(handler, path)
    raise KeyError(operation)


@pytest.mark.parametrize(
    "operation", ["create_task", "complete_task", "tag_task", "reopen_task", "get_me"]
)
def test_ids_and_a_body_need_no_conversion(operation: str) -> None:
    call = call_of(operation)
    assert call is not None
    assert not call.takes_query


@pytest.mark.parametrize("operation", ["change_task", "get_task", "audit"])
def test_parameters_of_the_query_have_their_defaults_where_nobody_gives_them(
    operation: str,
) -> None:
    call = call_of(operation)
    assert call is not None
    assert call.takes_query


@pytest.mark.parametrize("operation", ["untag_task", "audit_of_entity", "audit_export"])
def test_texts_in_the_path_and_required_parameters_are_converted_by_litestar(
    operation: str,
) -> None:
    assert call_of(operation) is None


async def refuse_late(request: AnyRequest) -> Response[str] | None:
    return (
        Response("too late", status_code=409) if request.scope["path"].endswith("/late") else None
    )


@get("/early", before_request=refuse_late)
async def early(
    request: AnnalsRequest, number: Annotated[int, QueryParameter()] = 1
) -> Answer[dict[str, int]]:
    return Answer({"number": number})


@get("/late", before_request=refuse_late)
async def late(request: AnnalsRequest) -> Answer[dict[str, int]]:
    raise NotImplementedError


@get("/plain")
async def plain(request: AnnalsRequest) -> dict[str, str]:
    return {"method": request.method}


class Directly:
    """Calls handlers as `Routing` does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        call = direct_call(scope["route_handler"], scope["path_params"])
        assert call is not None
        direct = not (scope["query_string"] and call.takes_query)
        await (call if direct else self.app)(scope, receive, send)


@pytest.mark.parametrize("middleware", [[], [Directly]], ids=["litestar", "direct"])
@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("/early", 200, '{"number":1}'),
        ("/early?number=7", 200, '{"number":7}'),
        ("/late", 409, "too late"),
        ("/plain", 200, '{"method":"GET"}'),
        ("/early?number=x", 400, None),
    ],
)
def test_both_ways_answer_alike(
    middleware: list[type], path: str, status: int, answer: str | None
) -> None:
    app = Litestar(
        [early, late, plain],
        middleware=middleware,
        request_class=AnnalsRequest,
        openapi_config=None,
    )
    with TestClient(app) as client:
        found = client.get(path)
    assert found.status_code == status
    assert answer is None or found.text == answer
