"""Headers of requests and responses as the OpenAPI document describes them."""

from litestar.datastructures import ResponseHeader
from litestar.openapi.spec import Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType

TEXT = OpenAPIType.STRING


def _documented(name: str, description: str, pattern: str | None = None) -> ResponseHeader:
    return ResponseHeader(name=name, description=description, documentation_only=True, value="")


VERSIONED = [
    _documented("ETag", 'The version of the resource, such as "3"'),
    _documented("Annals-Position", "Its position in the log; send it as Annals-Min-Position"),
]
REPLAYABLE = [
    *VERSIONED,
    _documented("Annals-Change", "The id of the change, if anything was recorded"),
    _documented("Idempotency-Replayed", "`true` if this response repeats an earlier one"),
]
UNVERSIONED = REPLAYABLE[1:]  # of a change of several resources, which have no version in common
CREATED = [*REPLAYABLE, _documented("Location", "The URL of the new resource")]

REQUEST_ID = Parameter(
    name="X-Request-ID",
    param_in="header",
    description="Returned in the response and logged. With the account, it determines the "
    "correlation id of events. An id that is not 1–128 letters, digits or ._:/+=@- is replaced.",
    required=False,
    schema=Schema(type=TEXT),
)
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    description="The same request with the same key gets the same response, recorded once.",
    required=False,
    schema=Schema(type=TEXT, min_length=1, max_length=255, pattern=r"^[!-~]([ -~]*[!-~])?$"),
)
IF_MATCH = Parameter(
    name="If-Match",
    param_in="header",
    description='Change only this version, such as "3"; 412 if the current version is another.',
    required=False,
    schema=Schema(type=TEXT, pattern=r'^(\*|"[0-9]+")$'),
)
IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    param_in="header",
    description='Respond with 304 if the current version is this one, such as "3".',
    required=False,
    schema=Schema(type=TEXT, pattern=r'^(\*|"[0-9]+")$'),
)
MIN_POSITION = Parameter(
    name="Annals-Min-Position",
    param_in="header",
    description="Wait (at most 5 s) until the view shows all changes up to this position.",
    required=False,
    schema=Schema(type=OpenAPIType.INTEGER, minimum=0),
)
