"""The health routes: whether this process is alive, and whether it is ready."""

from typing import Any, Literal

from litestar import Response, get

from application.ports.unavailable import Unavailable
from domain.record import Record
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.request import AnnalsRequest

PROBE: dict[str, Any] = {
    "operation_class": Documented,
    "responses": problems(400, 414, 431, limited=False),
    "tags": ["Health"],
}


class Alive(Record):
    status: Literal["alive"] = "alive"


class Health(Record):
    """`schema` is the revision of the database, `schema_expected` the one this code needs.

    `writes` is `refused` while the database answers but stores nothing, as on a full disk.
    """

    status: Literal["ready", "not ready"]
    database: Literal["up", "away"]
    writes: Literal["accepted", "refused"]
    schema: str | None
    schema_expected: str


async def _health(request: AnnalsRequest) -> Health:
    schema = request.parts.schema
    try:
        found = await schema.revision()
        database: Literal["up", "away"] = "up"
    except Unavailable:
        found, database = None, "away"
    current = found is not None and found >= schema.expected
    writable = current and await schema.writable()
    return Health(
        status="ready" if writable else "not ready",
        database=database,
        writes="accepted" if writable else "refused",
        schema=found,
        schema_expected=schema.expected,
    )


@get("/health/live", operation_id="live", **PROBE)
async def live() -> Alive:
    """Check that the process is alive. If this fails, restart it."""
    return Alive()


@get("/health/ready", operation_id="ready", **PROBE)
async def ready(request: AnnalsRequest) -> Response[Health]:
    """Check that the database has the right schema and accepts writes: 200 if so, else 503."""
    health = await _health(request)
    if health.status == "ready":
        return Response(health)
    headers: dict[str, Any] = {"Retry-After": "1"}
    return Response(health, status_code=503, headers=headers)


@get("/health", operation_id="health", **PROBE)
async def health(request: AnnalsRequest) -> Health:
    """Show the state of the process and the database; always 200."""
    return await _health(request)
