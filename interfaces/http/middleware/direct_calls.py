"""Calls the handler of a route itself where Litestar would have nothing to convert."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar.enums import MediaType, ParamType
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.types.empty import Empty

from interfaces.http.protocol.answers import Answer, PageAnswer, is_page
from interfaces.http.protocol.body import Body, decode_body, decoder_of
from interfaces.http.protocol.parameters import check_request, given_parameters, only_known
from interfaces.http.protocol.request import AnnalsRequest


class DirectCall:
    """The handler of a route, and what it needs of a request.

    Ids in the path are parsed by the routing, a body is decoded by `Body`, and parameters of the
    query that nobody gave have their defaults: these arguments are what they should be, and to
    check them again would cost a tenth of a command. Parameters that are given are converted, and
    refused, as Litestar does it.
    """

    def __init__(
        self,
        handler: HTTPRouteHandler,
        *,
        takes_body: bool,
        takes_request: bool,
        query: Mapping[str, str],
    ) -> None:
        """`query` has the name of the argument for each name of a parameter of the query."""
        self._handler = handler
        self._function: Any = handler.fn
        self._before: Any = handler.resolve_before_request()
        # The routing has checked the rest of what these check.
        self._checks_query = self._before in {check_request, only_known}
        self._decoder = decoder_of(handler) if takes_body else None
        self._takes_request = takes_request
        self._query = query
        self._values = _values_of(handler, query.values())
        self._sends_records = not _changes_answers(handler)
        # Otherwise only Litestar can call the handler of a request that has a query.
        self.converts_query = not query or (self._checks_query and not _has_lists(handler, query))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request.

        Raises:
            HttpProblem: 422, the route has no parameter of this name, or one is given twice.
            ValidationException: there is no body, or a parameter has a value that it cannot have.
        """
        request = AnnalsRequest(scope, receive, send)
        arguments: dict[str, Any] = {**scope["path_params"]}
        answer = None
        if not self._checks_query:
            answer = None if self._before is None else await self._before(request)
        elif scope["query_string"] and (given := given_parameters(request)):
            arguments |= self._converted(request, given)
        if answer is None:
            if self._takes_request:
                arguments["request"] = request
            if self._decoder is not None:
                if not (body := await request.body()):
                    raise ValidationException(extra=[{"key": "data", "message": "missing"}])
                arguments["data"] = decode_body(scope, body, self._decoder)
            answer = await self._function(**arguments)
        if not isinstance(answer, Answer):
            answer = await self._response(request, answer)
        await answer(scope, receive, send)

    def _converted(self, request: AnnalsRequest, given: Mapping[str, str]) -> Mapping[str, Any]:
        texts = {self._query[name]: value for name, value in given.items()}
        try:
            values = msgspec.convert(texts, self._values, strict=False)
        except msgspec.ValidationError:
            model: Any = self._handler.signature_model
            known = {**msgspec.structs.asdict(self._values()), **request.scope["path_params"]}
            known |= texts | {"request": request, "data": None}
            values = model.parse_values_from_connection_kwargs(connection=request, kwargs=known)
            return {name: values[name] for name in texts}
        return {name: getattr(values, name) for name in texts}

    async def _response(self, request: AnnalsRequest, content: Any) -> Any:
        if self._sends_records and isinstance(content, msgspec.Struct):
            kind = PageAnswer if is_page(content) else Answer
            return kind(content, status=self._handler.status_code)
        return await self._handler.to_response(request.app, content, request)


def direct_call(handler: Any, path: Mapping[str, Any]) -> DirectCall | None:
    """Return how to call the handler of a route, None if only Litestar can.

    `path` has an example of the parameters of its path.
    """
    if not isinstance(handler, HTTPRouteHandler) or _does_more(handler):
        return None
    parameters = handler.parsed_fn_signature.parameters
    query = _optional_query(parameters)
    ids = {name for name, value in path.items() if isinstance(value, UUID)}
    body = parameters.get("data")
    if body is not None and (handler.resolve_data_dto() is not Body or body.default is not Empty):
        return None
    known = ids | {*query.values(), "data", "request"}
    if not {*path} <= ids & {*parameters} or not {*parameters} <= known:
        return None
    return DirectCall(
        handler,
        takes_body=body is not None,
        takes_request="request" in parameters,
        query=query,
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


def _optional_query(parameters: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the name of the argument for each parameter of the query that has a default."""
    return {
        detail.name or name: name
        for name, field in parameters.items()
        if isinstance(detail := field.kwarg_definition, ParameterKwarg)
        and detail.param_type is ParamType.QUERY
        and field.default is not Empty
    }


def _values_of(handler: HTTPRouteHandler, names: Iterable[str]) -> type[msgspec.Struct]:
    """Return the type of these arguments, of which each has a default."""
    types = handler.signature_model.__annotations__
    parameters = handler.parsed_fn_signature.parameters
    fields = [(name, types[name], parameters[name].default) for name in names]
    return msgspec.defstruct("Values", fields, kw_only=True)


def _has_lists(handler: HTTPRouteHandler, query: Mapping[str, str]) -> bool:
    """Whether a parameter of the query is a list: its values come one by one."""
    fields = [handler.parsed_fn_signature.parameters[name] for name in query.values()]
    return any(
        kind.is_non_string_sequence for field in fields for kind in (field, *field.inner_types)
    )


def _changes_answers(handler: HTTPRouteHandler) -> bool:
    """Whether Litestar does more with an answer than to write it as JSON."""
    return bool(
        handler.resolve_return_dto()
        or any(layer.after_request for layer in handler.ownership_layers)
        or handler.resolve_response_cookies()
        or any(not header.documentation_only for header in handler.resolve_response_headers())
        or handler.resolve_type_encoders()
        or handler.background
        or handler.media_type != MediaType.JSON
    )
