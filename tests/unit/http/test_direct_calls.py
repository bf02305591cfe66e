"""Which handlers are called at once, and which only by Litestar."""

from uuid import UUID

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from interfaces.http.middleware.direct_calls import DirectCall, direct_call
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
