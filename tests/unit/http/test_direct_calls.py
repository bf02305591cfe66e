"""Which handlers are called at once, and which only by Litestar; both ways answer alike."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from litestar import Litestar, Response, get
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from litestar.types import ASGIApp

from domain.record import Record
from interfaces.http.middleware.direct_calls import DirectCall, direct_call
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer, Returned
from interfaces.http.protocol.parameters import only_known
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
    "operation",
    [
        "create_task",
        "complete_task",
        "tag_task",
        "reopen_task",
        "get_me",
        "get_task",
        "list_series",
    ],
)
def test_ids_and_bodies_and_optional_parameters_need_no_litestar(operation: str) -> None:
    call = call_of(operation)
    assert call is not None
    assert call.converts_query


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


class Name(Record):
    text: str


class Found(Record):
    items: Sequence[str]
    at: datetime | None = None


@get("/found", before_request=only_known)
async def found(
    request: AnnalsRequest,
    text: Annotated[str | None, QueryParameter(max_length=5)] = None,
    number: Annotated[int, QueryParameter(ge=1, le=9)] = 1,
    sure: Annotated[bool | None, QueryParameter()] = None,
    level: Annotated[Literal["low", "high"] | None, QueryParameter()] = None,
    id_: Annotated[UUID | None, QueryParameter(name="id")] = None,
) -> Found:
    return Found(items=[f"{text} {number} {sure} {level} {id_}"])


@get("/several", before_request=only_known)
async def several(tags: Annotated[list[str] | None, QueryParameter()] = None) -> Found:
    return Found(items=tags or [])


@get("/one", status_code=203)
async def one(request: AnnalsRequest) -> Name:
    return Name(text="ü")


@get("/headers", response_headers=[ResponseHeader(name="x-more", value="1")])
async def headers(request: AnnalsRequest) -> Name:
    return Name(text="more")


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
        direct = call.converts_query or not scope["query_string"]
        await (call if direct else self.app)(scope, receive, send)


@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("/early", 200, '{"number":1}'),
        ("/early?number=7", 200, '{"number":7}'),
        ("/late", 409, "too late"),
        ("/plain", 200, '{"method":"GET"}'),
        ("/early?number=x", 400, None),
        ("/found", 200, '{"items":["None 1 None None None"],"at":null}'),
        (
            f"/found?sure=true&number=9&level=high&text=a%20b&id={ID}",
            200,
            f'{{"items":["a b 9 True high {ID}"],"at":null}}',
        ),
        ("/found?text=", 200, '{"items":[" 1 None None None"],"at":null}'),
        ("/found?text=123456&number=0&level=x&id=7", 400, None),
        ("/several?tags=a", 200, '{"items":["a"],"at":null}'),
        ("/one", 203, '{"text":"ü"}'),
        ("/headers", 200, '{"text":"more"}'),
    ],
)
def test_both_ways_answer_alike(path: str, status: int, answer: str | None) -> None:
    answers = []
    for middleware in ([], [Directly]):
        app = Litestar(
            [early, late, found, several, one, headers, plain],
            middleware=middleware,
            request_class=AnnalsRequest,
            response_class=Returned,
            openapi_config=None,
        )
        with TestClient(app) as client:
            answers.append(client.get(path))
    litestar, direct = answers
    assert (direct.status_code, direct.text) == (litestar.status_code, litestar.text)
    assert direct.headers == litestar.headers
    assert direct.status_code == status
    assert answer is None or direct.text == answer


def test_a_parameter_that_nobody_knows_is_refused_before_the_handler_is_called() -> None:
    app = Litestar([found], middleware=[Directly], exception_handlers=REFUSALS)
    with TestClient(app) as client:
        assert client.get("/found?nummer=1").text == "nummer"
        assert client.get("/found?number=1&number=1").text == "number"


def _as_text(_: AnyRequest, problem: HttpProblem) -> Response[str]:
    return Response(",".join(each.field for each in problem.errors), media_type="text/plain")


REFUSALS: Any = {HttpProblem: _as_text}
