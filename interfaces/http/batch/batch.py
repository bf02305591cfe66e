"""The route of a batch."""

from collections.abc import Mapping
from urllib.parse import unquote

from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Raw

from interfaces.http.batch.batch_bodies import Batch, BatchAnswer, BatchItemAnswer
from interfaces.http.batch.batch_plan import planned
from interfaces.http.batch.batch_requests import BatchRequests, latest_headers
from interfaces.http.openapi.documentation import COMMAND, Registering, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import KEY
from interfaces.http.protocol.headers import ANSWER_HEADERS, header
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.rewriting.compression import holds_secret
from interfaces.http.rewriting.inner_request import InnerResponse

_OF_CONTENT = (b"content-length", b"Content-Length")  # of the text, which is part of a larger one
UNCOMPRESSED = (b"cache-control", b"no-store, no-transform")
_NAMES: Mapping[bytes, str] = {name.lower().encode(): name for name in ANSWER_HEADERS}


@post(
    "/",
    operation_id="batch",
    operation_class=Registering,
    status_code=200,
    responses=problems(*COMMAND),
    dto=Body,
)
async def batch(data: JSONBody[Batch], request: AnnalsRequest) -> Answer[BatchAnswer]:
    """Send up to 100 requests in one. Each is answered as it would be alone, in the same order; an
    atomic batch records all of them or none."""
    key = header(request.scope, b"idempotency-key")
    if key is not None and not KEY.match(key):
        raise HttpProblem(
            "malformed",
            "Idempotency-Key must be 1–255 printable ASCII characters.",
            field="Idempotency-Key",
        )
    plan = planned(data.requests, key=key, atomic=data.atomic)
    requests = BatchRequests(request, plan)
    responses = await (requests.together() if data.atomic else requests.side_by_side())
    answers = [_answer(each.id, response) for each, response in zip(plan, responses, strict=True)]
    headers = latest_headers(responses, request.context.change_id)
    if any(holds_secret(unquote(each.request.url.partition("?")[0])) for each in plan):
        headers = [*headers, UNCOMPRESSED]
    return Answer(BatchAnswer(responses=answers), headers=headers)


def _answer(id_: str, response: InnerResponse) -> BatchItemAnswer:
    headers = {
        _NAMES.get(name) or _name(name): value.decode("latin-1")
        for name, value in response.headers
        if name not in _OF_CONTENT
    }
    body = Raw(response.body or b"null")
    return BatchItemAnswer(id=id_, status=response.status, headers=headers, body=body)


def _name(header_name: bytes) -> str:
    """Return how the name of a header is usually written."""
    return _NAMES.get(header_name.lower(), header_name.decode().title())


BATCH = Router("/batch", route_handlers=[batch], before_request=check_request, tags=["Batches"])
