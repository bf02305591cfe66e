"""The bodies of a batch and of its answer, in the shape of JSON batching (OData)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Raw, UnsetType

from domain.record import Record

MAX_REQUESTS = 100
ItemId: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=100, description="Your name for this request in the batch")
]


class BatchItem(Record, forbid_unknown_fields=True, rename={"depends_on": "dependsOn"}):
    """A request: `url` is a path, /api/v1/tasks or /tasks, with an optional query. `headers` can
    be `If-Match`, `If-None-Match`, `Idempotency-Key`, `Annals-Min-Position` and `Content-Type`. It
    is sent after the requests in `dependsOn`, if they succeeded."""

    id: ItemId
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: Annotated[str, Meta(min_length=1, max_length=8192)]
    headers: Annotated[Mapping[str, str], Meta(max_length=10)] | UnsetType = UNSET
    body: Raw | UnsetType = UNSET
    depends_on: Annotated[Sequence[ItemId], Meta(max_length=MAX_REQUESTS)] = ()


class Batch(Record, forbid_unknown_fields=True):
    """`atomic`: all requests, which are commands for tasks and lists, are recorded in one append,
    or none of them."""

    requests: Annotated[Sequence[BatchItem], Meta(min_length=1, max_length=MAX_REQUESTS)]
    atomic: bool = False


class BatchItemAnswer(Record):
    """The answer to the request of this `id`; `body` is JSON; null if there is none."""

    id: str
    status: int
    headers: Mapping[str, str]
    body: Raw


class BatchAnswer(Record):
    """The answers, in the order of the requests."""

    responses: Sequence[BatchItemAnswer]
