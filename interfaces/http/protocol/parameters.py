"""Query parameters: known names only, each once; and lists separated by commas."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ParamType
from litestar.params import ParameterKwarg, QueryParameter

from application.ports.queries import PositionLost
from domain.vocabulary import EARLIEST, LATEST
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.problems.explained_values import explained_error
from interfaces.http.problems.suggestions import did_you_mean
from interfaces.http.protocol.authentication import authenticated
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest, AnyRequest
from interfaces.http.protocol.request_context import context_of
from interfaces.http.protocol.values import whole_number

Kind = TypeVar("Kind")

# Read strictly by `moment`: Litestar would accept a number as a time.
MomentText: TypeAlias = Annotated[
    str,
    QueryParameter(
        max_length=40,
        description="A date and time with an offset, such as 2030-01-31T18:00:00Z",
        schema_extra={"format": "date-time"},
    ),
]

DueText: TypeAlias = Annotated[
    str,
    QueryParameter(
        max_length=40,
        description="A date, such as 2030-01-31, or a date and time with an offset",
    ),
]

_known: dict[str, frozenset[str]] = {}


async def check_request(request: AnyRequest) -> None:
    """Run before the handlers of routes that need a token.

    Authentication comes first: without a token, a refusal says nothing about parameters.
    """
    authenticated(context_of(request.scope))
    await only_known(request)


async def only_known(request: AnyRequest) -> None:
    """Refuse unknown parameters: most are typing errors, and ignoring one would answer
    another question than the one that was meant."""
    given_parameters(request)


def given_parameters(request: AnyRequest) -> dict[str, str]:
    """Return the parameters of the query, by their names.

    Raises:
        HttpProblem: 422, the route has no such parameter, or one is given twice.
    """
    if not (query := request.scope["query_string"]):
        return {}
    handler = request.route_handler
    known = _known.get(handler.handler_id)
    if known is None:
        known = _known[handler.handler_id] = _parameters(handler)
    return named_values(query, known)


def named_values(query: bytes, known: frozenset[str]) -> dict[str, str]:
    """Return the values that a query has for names, of which all are `known`.

    Raises:
        HttpProblem: 422, a name is not known, or is given twice.
    """
    given: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise HttpProblem(
                "invalid",
                f"{name} is not a parameter of this route; {did_you_mean(name, known)}",
                field=name,
            )
        if name in given:
            raise HttpProblem("invalid", f"{name} is given twice.", field=name)
        given[name] = value
    return given


def _parameters(handler: Any) -> frozenset[str]:
    names = set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        detail = field.kwarg_definition
        if isinstance(detail, ParameterKwarg) and detail.param_type is ParamType.QUERY:
            names.add(detail.name or name)
    return frozenset(names)


def moment(name: str, text: str | None) -> datetime | None:
    """Return the time that the parameter `name` gives."""
    if text is None:
        return None
    found = _converted(text, datetime)
    if found is None or found.tzinfo is None:
        raise HttpProblem(
            "invalid",
            f"{name} must be a date and time with an offset, such as 2030-01-31T18:00:00Z"
            " (write + as %2B in a URL).",
            field=name,
        )
    return found


def moment_or_day(name: str, text: str | None) -> datetime | date | None:
    """Return the time or the date that the parameter `name` gives.

    Raises:
        HttpProblem: 422, it gives neither.
    """
    if text is None:
        return None
    found = _converted(text, date) or _converted(text, datetime)
    if found is None or (isinstance(found, datetime) and found.tzinfo is None):
        raise HttpProblem(
            "invalid",
            f"{name} must be a date, such as 2030-01-31, or a date and time with an offset, such as"
            " 2030-01-31T18:00:00Z (write + as %2B in a URL).",
            field=name,
        )
    # No task is due outside these years, where arithmetic on dates would overflow.
    if isinstance(found, datetime):
        return min(max(found, EARLIEST), LATEST)
    return min(max(found, EARLIEST.date()), LATEST.date())


def _converted(text: str, kind: type[Kind]) -> Kind | None:
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return None


def several(name: str, text: str | None, kind: type[Kind]) -> Sequence[Kind]:
    """Return the values of a list separated by commas, each once."""
    if text is None:
        return ()
    return [one(name, part, kind) for part in dict.fromkeys(text.split(","))]


def one(name: str, text: str, kind: type[Kind]) -> Kind:
    """Return a value of this kind.

    Raises:
        HttpProblem: 422, the parameter `name` has no such value.
    """
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError as error:
        raise HttpProblem("invalid", explained_error(error, kind), field=name) from None


async def wait_for_view(request: AnnalsRequest, view: str) -> None:
    """Wait until the view shows the position in Annals-Min-Position.

    Raises:
        HttpProblem: 504, it took too long; 400, the header is not a position; 410, the position
            was lost.
    """
    text = header(request.scope, b"annals-min-position")
    if text is None:
        return
    position = whole_number(text)
    if position is None:
        raise HttpProblem(
            "malformed",
            "Annals-Min-Position must be a position, such as 42.",
            field="Annals-Min-Position",
        )
    try:
        caught_up = await request.parts.views.until(view, position)
    except PositionLost as lost:
        raise HttpProblem("position-lost", str(lost)) from None
    if not caught_up:
        raise HttpProblem(
            "not-caught-up",
            f"The view {view} did not reach position {position} within 5 s.",
            headers={"Retry-After": "1"},
        )
