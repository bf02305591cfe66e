"""Problem documents: application/problem+json (RFC 9457), the body of every refusal."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.record import Record
from interfaces.http.problems.problem_types import PROBLEM_TYPES, ProblemType
from projections.words.later_events import LaterEvent

MEDIA_TYPE = "application/problem+json"


class FieldError(Record):
    """An invalid part of the request: `tags[2]` of the body, a parameter or a header."""

    field: str
    message: str


class Problem(Record, omit_defaults=True):
    """What went wrong (RFC 9457). `meanwhile`: what happened since, the latest last; `clashes`: the
    fields that both this request and later events mean to set."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: Sequence[FieldError] = ()
    meanwhile: Sequence[LaterEvent] = ()
    clashes: Sequence[str] = ()


class HttpProblem(Exception):
    """A refusal of HTTP itself, not of the domain. `kind` names its problem type."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        meanwhile: Sequence[LaterEvent] = (),
        clashes: Sequence[str] = (),
    ) -> None:
        super().__init__(detail)
        self.kind = PROBLEM_TYPES[kind]
        self.errors = () if field is None else (FieldError(field=field, message=detail),)
        self.headers = headers or {}
        self.meanwhile = meanwhile
        self.clashes = clashes


def problem_document(
    kind: ProblemType,
    *,
    request_id: str,
    instance: str = "",
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
    meanwhile: Sequence[LaterEvent] = (),
    clashes: Sequence[str] = (),
) -> bytes:
    """Return a problem document as JSON; without a `detail` it gives the advice of its type."""
    return msgspec.json.encode(
        Problem(
            type=f"/problems/{kind.name}",
            title=kind.title,
            status=kind.status,
            detail=kind.advice if detail is None else detail,
            instance=instance,
            request_id=request_id,
            errors=errors,
            meanwhile=meanwhile,
            clashes=clashes,
        )
    )
