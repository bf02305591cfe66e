"""Calls the handler of a route itself where Litestar would have nothing to convert."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar.enums import ParamType
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.types.empty import Empty

from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body, decode_body, decoder_of
from interfaces.http.protocol.parameters import check_request, only_known
from interfaces.http.protocol.request import AnnalsRequest


class DirectCall:
    """The handler of a route, and what it needs of a request.

    Ids in the path are parsed by the routing, a body is decoded by `Body`, and parameters of the
    query that nobody gave have their defaults: these arguments are what they should be, and to
    check them again would cost a tenth of a command.
    """

    def __init__(
        self, handler: HTTPRouteHandler, *, takes_body: bool, takes_request: bool, takes_query: bool
    ) -> None:
        self.takes_query = takes_query
        self._handler = handler
        self._function: Any = handler.fn
        self._before: Any = handler.resolve_before_request()
        # The routing has checked the rest of what these check.
        self._checks_query = self._before in {check_request, only_known}
        self._decoder = decoder_of(handler) if takes_body else None
        self._takes_request = takes_request

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request.

        Raises:
            ValidationException: there is no body.
        """
        request = AnnalsRequest(scope, receive, send)
        answer = None
        if self._before is not None and (scope["query_string"] or not self._checks_query):
            answer = await self._before(request)
        if answer is None:
            arguments: dict[str, Any] = {**scope["path_params"]}
            if self._takes_request:
                arguments["request"] = request
            if self._decoder is not None:
                if not (body := await request.body()):
                    raise ValidationException(extra=[{"key": "data", "message": "missing"}])
                arguments["data"] = decode_body(scope, body, self._decoder)
            answer = await self._function(**arguments)
        if not isinstance(answer, Answer):
            answer = await self._handler.to_response(request.app, answer, request)
        await answer(scope, receive, send)


def direct_call(handler: Any, path: Mapping[str, Any]) -> DirectCall | None:
    """Return how to call the handler of a route, None if only Litestar can.

    `path` has an example of the parameters of its path.
    """
    if not isinstance(handler, HTTPRouteHandler) or _does_more(handler):
        return None
    parameters = handler.parsed_fn_signature.parameters
    query = {name for name, field in parameters.items() if _is_optional_query(field)}
    ids = {name for name, value in path.items() if isinstance(value, UUID)}
    body = parameters.get("data")
    if body is not None and (handler.resolve_data_dto() is not Body or body.default is not Empty):
        return None
    if not {*path} <= ids & {*parameters} or not {*parameters} <= ids | query | {"data", "request"}:
        return None
    return DirectCall(
        handler,
        takes_body=body is not None,
        takes_request="request" in parameters,
        takes_query=bool(query),
    )


def _does_more(handler: HTTPRouteHandler) -> bool:
    """Whether Litestar does more for a handler than to convert its arguments and its answer."""
    return bool(
        handler.has_sync_callable
        or handler.cache
        or handler.resolve_dependencies()
        or handler.resolve_guards()
        or handler.resolve_after_response()
    )


def _is_optional_query(field: Any) -> bool:
    detail = field.kwarg_definition
    return (
        isinstance(detail, ParameterKwarg)
        and detail.param_type is ParamType.QUERY
        and field.default is not Empty
    )
