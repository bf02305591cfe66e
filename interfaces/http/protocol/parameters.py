"""Query parameters: only those that are known, each once, and lists with commas in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ParamType
from litestar.params import ParameterKwarg, QueryParameter

from interfaces.http.protocol.authentication import authenticate, service
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.problems import HttpProblem, in_words
from interfaces.http.protocol.request import AnnalsRequest, AnyRequest

Kind = TypeVar("Kind")

# Read strictly by `moment`: Litestar would take a number for a time.
MomentText: TypeAlias = Annotated[
    str,
    QueryParameter(
        max_length=40,
        description="A date and time with its offset, such as 2030-01-31T18:00:00Z",
        schema_extra={"format": "date-time"},
    ),
]

_known: dict[str, frozenset[str]] = {}


async def check_request(request: AnyRequest) -> None:
    """Before a handler of a closed route. Who asks is asked first: from a refusal nobody
    learns what a request should be."""
    request.scope["auth"] = authenticate(request)
    await only_known(request)


async def only_known(request: AnyRequest) -> None:
    """Refuse a parameter that means nothing here: most often it is a slip of the pen, and
    the answer would be to another question than the one that was meant."""
    if not (query := request.scope["query_string"]):
        return
    handler = request.route_handler
    known = _known.get(handler.handler_id)
    if known is None:
        known = _known[handler.handler_id] = _parameters(handler)
    seen: set[str] = set()
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise HttpProblem("invalid", f"{name} is no parameter here; {there} are.", field=name)
        if name in seen:
            raise HttpProblem("invalid", f"{name} was given twice.", field=name)
        seen.add(name)


def _parameters(handler: Any) -> frozenset[str]:
    names = set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        detail = field.kwarg_definition
        if isinstance(detail, ParameterKwarg) and detail.param_type is ParamType.QUERY:
            names.add(detail.name or name)
    return frozenset(names)


def moment(name: str, text: str | None) -> datetime | None:
    """Return the time a parameter names."""
    if text is None:
        return None
    try:
        found = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        found = None
    if found is None or found.tzinfo is None:
        raise HttpProblem(
            "invalid",
            f"{name} must be a date and time with its offset, such as 2030-01-31T18:00:00Z"
            " (a + is written %2B in an address).",
            field=name,
        )
    return found


def several(name: str, text: str | None, kind: type[Kind]) -> Sequence[Kind]:
    """Return the values of a list with commas, each once."""
    if text is None:
        return ()
    return [one(name, part, kind) for part in dict.fromkeys(text.split(","))]


def one(name: str, text: str, kind: type[Kind]) -> Kind:
    """Return a value of this kind, or refuse the parameter `name`."""
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError as error:
        raise HttpProblem("invalid", in_words(str(error)), field=name) from None


async def wait_for_view(request: AnnalsRequest, view: str) -> None:
    """Wait until the view shows what Annals-Min-Position asks for.

    Raises:
        TurnedDown: 504, it took too long; 400, no position.
    """
    text = header(request.scope, b"annals-min-position")
    if text is None:
        return
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise HttpProblem(
            "malformed",
            "Annals-Min-Position must be a position, such as 42.",
            field="Annals-Min-Position",
        )
    if not await service(request).waiting.until(view, int(text)):
        raise HttpProblem(
            "not-caught-up",
            f"The view {view} has not come to position {text} in 5 s.",
            headers={"Retry-After": "1"},
        )
