"""Exception handlers: the problem that each kind of exception is answered with."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg

from application.ports.queries import TooManyQueries
from application.ports.unavailable import Unavailable
from application.ports.unreadable import UnreadableEvent
from domain.errors import DayQuotaExceeded, DomainError, Invalid, RequestInFlight, VersionMismatch
from interfaces.http.problems.documents import (
    MEDIA_TYPE,
    FieldError,
    HttpProblem,
    problem_document,
)
from interfaces.http.problems.explained_values import explained
from interfaces.http.problems.problem_types import PROBLEM_TYPES, REFUSALS, STATUSES, ProblemType
from interfaces.http.protocol.body import body_type
from interfaces.http.protocol.request_context import KEY, RequestContext
from projections.cursor import BadCursor
from projections.words.later_events import LaterEvent

log = structlog.get_logger()


def problem(
    request: Request[Any, Any, Any],
    kind: ProblemType,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    meanwhile: Sequence[LaterEvent] = (),
    clashes: Sequence[str] = (),
) -> Response[bytes]:
    context = request.scope.get(KEY)
    body = problem_document(
        kind,
        detail=detail,
        instance=request.scope["path"],
        request_id=context.request_id if isinstance(context, RequestContext) else "",
        errors=errors,
        meanwhile=meanwhile,
        clashes=clashes,
    )
    return Response(
        body, status_code=kind.status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def on_http_problem(request: Request[Any, Any, Any], error: HttpProblem) -> Response[bytes]:
    return problem(
        request,
        error.kind,
        str(error),
        errors=error.errors,
        headers=error.headers,
        meanwhile=error.meanwhile,
        clashes=error.clashes,
    )


def on_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    name = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    errors: Sequence[FieldError] = ()
    if isinstance(error, Invalid):
        errors = (FieldError(field=error.field, message=str(error)),)
    headers = {}
    if isinstance(error, RequestInFlight):
        headers["Retry-After"] = "1"
    if isinstance(error, DayQuotaExceeded):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, VersionMismatch):
        headers["ETag"] = f'"{error.actual}"'
    return problem(request, PROBLEM_TYPES[name], str(error), errors=errors, headers=headers)


def on_bad_cursor(request: Request[Any, Any, Any], error: BadCursor) -> Response[bytes]:
    errors = (FieldError(field="cursor", message=str(error)),)
    return problem(request, PROBLEM_TYPES["invalid"], str(error), errors=errors)


def on_unavailable(request: Request[Any, Any, Any], error: Unavailable) -> Response[bytes]:
    headers = {"Retry-After": str(error.retry_after)}
    return problem(request, PROBLEM_TYPES["unavailable"], str(error), headers=headers)


def on_unreadable_event(request: Request[Any, Any, Any], error: UnreadableEvent) -> Response[bytes]:
    log.error("event_unreadable", position=error.position, stream=str(error.stream_id))
    return problem(request, PROBLEM_TYPES["event-unreadable"], str(error))


def on_too_many_queries(request: Request[Any, Any, Any], error: TooManyQueries) -> Response[bytes]:
    headers = {"Retry-After": str(error.retry_after)}
    detail = (
        "Your requests use all of the database's connections, or of its time, that one account may"
        " have. Send fewer at once."
    )
    return problem(request, PROBLEM_TYPES["too-many-requests"], detail, headers=headers)


PATH = re.compile(r" - at `(?:key in )?\$\.?(?P<path>.*)`$")
UNKNOWN = re.compile(r"unknown field `(?P<name>.*?)`(?: - at|\Z)", re.DOTALL)
MISSING = re.compile(r"missing required field `(?P<name>.*?)`")


def on_bad_value(
    request: Request[Any, Any, Any], error: msgspec.ValidationError
) -> Response[bytes]:
    said = str(error)
    found = PATH.search(said)
    field = found["path"] if found else ""
    message = explained(PATH.sub("", said), field, body_type(request.scope))
    if named := UNKNOWN.search(said) or MISSING.search(said):
        field = f"{field}.{named['name']}".lstrip(".")
    detail = f"{field}: {message}" if field else message
    detail = detail if detail.endswith("?") else f"{detail}."
    errors = (FieldError(field=field or "body", message=message),)
    return problem(request, PROBLEM_TYPES["invalid"], detail, errors=errors)


def on_bad_json(request: Request[Any, Any, Any], error: msgspec.DecodeError) -> Response[bytes]:
    return problem(request, PROBLEM_TYPES["malformed"], f"The body is not valid JSON: {error}.")


def on_bad_parameter(
    request: Request[Any, Any, Any], error: ValidationException
) -> Response[bytes]:
    faults: Sequence[Any] = error.extra if isinstance(error.extra, list) else []
    errors = [
        FieldError(
            field="body" if fault.get("key") == "data" else str(fault.get("key", "")),
            message="A JSON body is required"
            if fault.get("key") == "data"
            else explained(
                PATH.sub("", str(fault["message"])), "", _parameter(request, str(fault.get("key")))
            ),
        )
        for fault in faults
    ]
    detail = "; ".join(f"{fault.field}: {fault.message}" for fault in errors) or error.detail
    return problem(request, PROBLEM_TYPES["invalid"], f"{detail}.", errors=errors)


def _parameter(request: Request[Any, Any, Any], name: str) -> Any:
    """Return the type of a parameter of the route."""
    for own, field in request.route_handler.parsed_fn_signature.parameters.items():
        detail = field.kwarg_definition
        if name == own or (isinstance(detail, ParameterKwarg) and detail.name == name):
            return field.annotation
    return None


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    kind = PROBLEM_TYPES[STATUSES.get(error.status_code, "internal")]
    if kind.status != error.status_code:
        return on_anything_else(request, error)
    detail = {
        404: f"No resource has the path {request.scope['path']}.",
        405: f"{request.scope['method']} is not allowed here.",
    }.get(kind.status, error.detail)
    return problem(request, kind, detail, headers=error.headers)


def on_anything_else(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.error("request_failed", path=request.scope["path"], exc_info=error)
    return problem(
        request,
        PROBLEM_TYPES["internal"],
        "An internal error occurred. It is not caused by your request, and it has been logged.",
    )


# Litestar uses the handler of the most specific type.
EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    HttpProblem: on_http_problem,
    DomainError: on_domain_error,
    BadCursor: on_bad_cursor,
    TooManyQueries: on_too_many_queries,
    Unavailable: on_unavailable,
    UnreadableEvent: on_unreadable_event,
    msgspec.ValidationError: on_bad_value,
    msgspec.DecodeError: on_bad_json,
    ValidationException: on_bad_parameter,
    HTTPException: on_http_exception,
    Exception: on_anything_else,
}
