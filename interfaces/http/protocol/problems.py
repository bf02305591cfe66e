"""Every answer that is a refusal: application/problem+json (RFC 9457), from one table."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
from litestar import Request, Response

from domain.errors import (
    AccountNotFound,
    Conflict,
    DateOutOfRange,
    DomainError,
    EmailTaken,
    Invalid,
    KeyReused,
    NotFound,
    OccurrenceIsOver,
    RecurrenceNotFound,
    Refused,
    RequestInFlight,
    SeriesNotFound,
    TaskDoesNotRecur,
    TaskIsDeleted,
    TaskIsSkipped,
    TaskNotFound,
    VersionMismatch,
)
from domain.record import Record
from domain.vocabulary import Description, Email, Name, Tag, Title

MEDIA_TYPE = "application/problem+json"


class FieldError(Record):
    """One place in the request that is at fault: `tags[2]` of the body, a parameter, a header."""

    field: str
    message: str


class Problem(Record, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: Sequence[FieldError] = ()


class ProblemType(Record):
    """A sort of problem: its page is /problems/{name}, and that address never changes."""

    name: str
    status: int
    title: str
    advice: str


def _problem_types(*kinds: tuple[str, int, str, str]) -> Mapping[str, ProblemType]:
    return {
        name: ProblemType(name=name, status=status, title=title, advice=advice)
        for name, status, title, advice in kinds
    }


PROBLEM_TYPES = _problem_types(
    ("malformed", 400, "Malformed request", "Send well-formed JSON, headers and URLs."),
    ("not-authenticated", 401, "Not authenticated", "Send a valid access token as Bearer."),
    ("bad-credentials", 401, "Wrong email or password", "Check both and try again."),
    ("session-ended", 401, "The session has ended", "Log in again."),
    ("not-permitted", 403, "Not permitted", "Ask somebody who has the role for it."),
    ("not-found", 404, "Not found", "Check the address; see /docs for all of them."),
    ("task-not-found", 404, "No such task", "Check the id; tasks of others are not shown."),
    ("task-deleted", 404, "The task is deleted", "POST to its /restore to bring it back."),
    ("series-not-found", 404, "No such series", "Check the id; series of others are not shown."),
    ("recurrence-not-found", 404, "The task does not recur", "PUT its /recurrence first."),
    ("account-not-found", 404, "No such account", "Check the id."),
    ("method-not-allowed", 405, "Method not allowed", "See the Allow header."),
    ("refused", 409, "Not in this state", "Read the thing again and decide anew."),
    ("task-is-deleted", 409, "The task is deleted", "POST to its /restore first."),
    ("task-is-skipped", 409, "The occurrence is skipped", "POST to its /unskip first."),
    ("occurrence-is-over", 409, "The occurrence is over", "Take one that is still open."),
    ("task-does-not-recur", 409, "The task does not recur", "PUT its /recurrence first."),
    ("email-taken", 409, "Email address taken", "Log in, or use another address."),
    ("conflict", 409, "Changed at the same moment", "Read it again and retry."),
    ("request-in-flight", 409, "Request in flight", "Repeat it after Retry-After seconds."),
    ("version-mismatch", 412, "Another version stands", "Read it again, decide, and retry."),
    ("too-large", 413, "Request too large", "Keep bodies under 1 MiB."),
    ("uri-too-long", 414, "Address too long", "Keep addresses under 8 KiB."),
    ("unsupported-media-type", 415, "Unsupported media type", "Send application/json."),
    ("invalid", 422, "Invalid request", "`errors` names the fields at fault."),
    ("date-out-of-range", 422, "Date out of range", "Use the years 1970 to 2999."),
    ("key-reused", 422, "Idempotency-Key reused", "Use a new key for a new request."),
    ("too-many-streams", 429, "Too many streams", "Close one before you open another."),
    ("too-many-requests", 429, "Too many requests", "Ask again after Retry-After seconds."),
    ("headers-too-large", 431, "Headers too large", "Keep all headers under 32 KiB."),
    ("internal", 500, "Internal error", "Report it with the request id."),
    ("unavailable", 503, "Not available just now", "Repeat it after Retry-After seconds."),
    ("not-caught-up", 504, "The view lags behind", "Ask again, or without Annals-Min-Position."),
)

# The most particular type wins.
REFUSALS: Mapping[type[DomainError], str] = {
    TaskNotFound: "task-not-found",
    AccountNotFound: "account-not-found",
    NotFound: "not-found",
    DateOutOfRange: "date-out-of-range",
    Invalid: "invalid",
    SeriesNotFound: "series-not-found",
    RecurrenceNotFound: "recurrence-not-found",
    TaskIsSkipped: "task-is-skipped",
    OccurrenceIsOver: "occurrence-is-over",
    TaskDoesNotRecur: "task-does-not-recur",
    TaskIsDeleted: "task-is-deleted",
    EmailTaken: "email-taken",
    Refused: "refused",
    RequestInFlight: "request-in-flight",
    Conflict: "conflict",
    VersionMismatch: "version-mismatch",
    KeyReused: "key-reused",
}
STATUSES: Mapping[int, str] = {
    400: "malformed",
    401: "not-authenticated",
    403: "not-permitted",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
}


class HttpProblem(Exception):
    """A refusal that is a matter of HTTP and not of the domain."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = PROBLEM_TYPES[kind]
        self.errors = () if field is None else (FieldError(field=field, message=detail),)
        self.headers = headers or {}


def problem(
    request: Request[Any, Any, Any],
    kind: ProblemType,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    body = Problem(
        type=f"/problems/{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=request.scope["path"],
        request_id=str(request.scope.get("request_id", "")),
        errors=errors,
    )
    return Response(
        msgspec.json.encode(body),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


# A pattern says to a machine what its description says to a person.
IN_WORDS: Mapping[str, str] = {
    repr(meta.pattern): meta.description
    for kind in (Title, Description, Tag, Email, Name)
    for meta in get_args(kind)
    if isinstance(meta, msgspec.Meta) and meta.pattern and meta.description
}
MISMATCH = re.compile(r"Expected `str` matching regex (?P<pattern>'.*')")


def in_words(message: str) -> str:
    """Return what msgspec says of a value, without regular expressions."""
    found = MISMATCH.search(message)
    described = IN_WORDS.get(found["pattern"]) if found else None
    return f"Expected {described[0].lower()}{described[1:]}" if described else message
