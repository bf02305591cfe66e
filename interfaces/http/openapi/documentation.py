"""Operations in the OpenAPI document: their headers, and the problems they answer with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from interfaces.http.openapi.described_headers import (
    CREATED,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    MIN_POSITION,
    REPLAYABLE,
    REQUEST_ID,
    TEXT,
)
from interfaces.http.problems.documents import MEDIA_TYPE, Problem

DESCRIPTIONS = {
    400: "The request is malformed",
    401: "The access token is missing or invalid",
    403: "A scope or a role is missing, the password is wrong, or the account is disabled",
    404: "The resource does not exist or belongs to another user",
    409: "The current state does not allow this, or another change came first",
    410: "The position in Annals-Min-Position was lost when the database was restored; or the link "
    "no longer works",
    412: "The current version is not the one in If-Match",
    413: "The body is larger than 1 MiB",
    414: "The URL is longer than 8 KiB",
    415: "The body is not application/json",
    422: "A value is invalid, the Idempotency-Key was used for another request, or a quota of the"
    " account is exceeded",
    429: "Too many requests, streams, or changes in a day; see Retry-After",
    431: "The headers are larger than 32 KiB",
    503: "The database is not available; repeat after Retry-After seconds. Or this release cannot"
    " read an event (`event-unreadable`): a retry does not help",
    504: "The view did not reach Annals-Min-Position within 5 s",
}
COMMAND = (400, 401, 404, 409, 412, 413, 414, 415, 422, 431, 503)
QUERY = (400, 401, 404, 414, 422, 431, 503)


def problems(*statuses: int, limited: bool = True) -> dict[int, ResponseSpec]:
    """Return the problems of an operation, for the `responses` of its handler; all but the probes
    of an orchestrator are `limited`."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            description=DESCRIPTIONS[status],
            media_type=MEDIA_TYPE,
        )
        for status in sorted({*statuses, *((429,) if limited else ())})
    }


def _without_null(schema: Schema) -> Schema:
    """A query parameter cannot be null: it is given or omitted."""
    if isinstance(schema.type, list):
        types = [each for each in schema.type if each != OpenAPIType.NULL]
        enum = schema.enum and [value for value in schema.enum if value is not None]
        return replace(schema, type=types[0] if len(types) == 1 else types, enum=enum)
    given = [one for one in schema.one_of or () if getattr(one, "type", None) != OpenAPIType.NULL]
    if len(given) != 1 or not isinstance(given[0], Schema):
        return replace(schema, one_of=given or None)
    own = {
        field.name: value
        for field in fields(Schema)
        if field.name != "one_of" and (value := getattr(schema, field.name)) is not None
    }
    return replace(given[0], **own)


@dataclass
class Documented(Operation):
    """An operation with the headers of every request; its summary is its operation id."""

    def __post_init__(self) -> None:
        self.summary = (self.operation_id or "").replace("_", " ").capitalize()
        for parameter in self.parameters or ():
            if isinstance(parameter, Parameter) and isinstance(parameter.schema, Schema):
                parameter.schema = _without_null(parameter.schema)
        self.parameters = [*(self.parameters or ()), *self.headers(), REQUEST_ID]

    @staticmethod
    def headers() -> tuple[Parameter, ...]:
        return ()


@dataclass
class Registering(Documented):
    @staticmethod
    def headers() -> tuple[Parameter, ...]:
        return (IDEMPOTENCY_KEY,)


@dataclass
class Changing(Documented):
    @staticmethod
    def headers() -> tuple[Parameter, ...]:
        return (IDEMPOTENCY_KEY, IF_MATCH)


def changing(
    method: Callable[..., HTTPRouteHandler],
    path: str,
    name: str,
    *,
    created: bool = False,
    refusals: Sequence[int] = (),
    **more: Any,
) -> HTTPRouteHandler:
    """Return the route of a command with the operation id `name`."""
    return method(
        path,
        operation_id=name,
        status_code=201 if created else 200,
        operation_class=Changing,
        responses=problems(*COMMAND, *refusals),
        response_headers=CREATED if created else REPLAYABLE,
        **more,
    )


@dataclass
class Reading(Documented):
    @staticmethod
    def headers() -> tuple[Parameter, ...]:
        return (IF_NONE_MATCH,)


@dataclass
class Querying(Documented):
    @staticmethod
    def headers() -> tuple[Parameter, ...]:
        return (MIN_POSITION,)


@dataclass
class Exporting(Querying):
    def __post_init__(self) -> None:
        super().__post_init__()
        answer = (self.responses or {})["200"]
        if isinstance(answer, OpenAPIResponse):
            text = OpenAPIMediaType(schema=Schema(type=TEXT))
            answer.content = {"text/csv": text, "application/x-ndjson": text}
