"""Whether this process lives, and whether it can answer."""

from typing import Any, Literal

from litestar import Response, get

from application.ports import Unavailable
from domain.record import Record
from interfaces.http.openapi.documentation import Documented
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.request import AnnalsRequest


class Alive(Record):
    status: Literal["alive"] = "alive"


class Health(Record):
    """`schema` is the database's revision, `schema_expected` the one this code knows."""

    status: Literal["ready", "not ready"]
    database: Literal["up", "away"]
    schema: str | None
    schema_expected: str


async def _health(request: AnnalsRequest) -> Health:
    expected = service(request).schema_head
    try:
        found = await service(request).schema_revision()
        database: Literal["up", "away"] = "up"
    except Unavailable:
        found, database = None, "away"
    ready = found is not None and found >= expected
    return Health(
        status="ready" if ready else "not ready",
        database=database,
        schema=found,
        schema_expected=expected,
    )


@get("/health/live", operation_id="live", operation_class=Documented, tags=["Health"])
async def live() -> Alive:
    """Answer as long as the process can: restart it when this fails."""
    return Alive()


@get("/health/ready", operation_id="ready", operation_class=Documented, tags=["Health"])
async def ready(request: AnnalsRequest) -> Response[Health]:
    """Answer 200 while the database is there with the right schema, 503 while it is not."""
    health = await _health(request)
    if health.status == "ready":
        return Response(health)
    headers: dict[str, Any] = {"Retry-After": "1"}
    return Response(health, status_code=503, headers=headers)


@get("/health", operation_id="health", operation_class=Documented, tags=["Health"])
async def health(request: AnnalsRequest) -> Health:
    """Say how everything is; always 200 while the process lives."""
    return await _health(request)
