"""The ASGI application: every route, one table of refusals, one OpenAPI document."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Response, Router, get
from litestar.config.cors import CORSConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Tag

from infrastructure.bootstrap import Service, Settings, monitored, open_service
from interfaces.http.accounts.auth import AUTH
from interfaces.http.health import health, live, ready
from interfaces.http.live.live_socket import live_socket
from interfaces.http.live.stream import STREAM
from interfaces.http.middleware.access_log import access_log
from interfaces.http.middleware.edge import EdgeMiddleware
from interfaces.http.notifications.dead_letters import DEAD_LETTERS
from interfaces.http.notifications.inbox import INBOX
from interfaces.http.notifications.links import LINKS
from interfaces.http.notifications.preferences import ME
from interfaces.http.openapi.docs import docs, explain, openapi, rapidoc
from interfaces.http.openapi.documentation import Documented
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.exception_handlers import EXCEPTION_HANDLERS
from interfaces.http.protocol.headers import ANSWER_HEADERS, REQUEST_HEADERS
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.recurrence.preview import RECURRENCE
from interfaces.http.recurrence.recurrence import TASK_RECURRENCE
from interfaces.http.recurrence.series import SERIES
from interfaces.http.reminders.reminder_trace import REMINDERS
from interfaces.http.reminders.reminders import TASK_REMINDERS
from interfaces.http.tasks.audit import AUDIT
from interfaces.http.tasks.tasks import TASKS

log = structlog.get_logger()

DESCRIPTION = """
A task service that never forgets: every change is an event, every screen a view folded from
events, and the history is the audit trail.

* **Change** answers with the thing as it now stands, its version (`ETag`) and its place in the
  log (`Annals-Position`). `If-Match` changes only the version you saw.
* **Repeat** any POST, PATCH or DELETE safely with an `Idempotency-Key`: the same answer, no
  second event, for good.
* **Read your writes**: `Annals-Min-Position` makes a list wait for what you just did.
* **Refusals** are `application/problem+json`; their `type` explains itself.
"""


@get(
    "/.well-known/jwks.json",
    operation_id="jwks",
    operation_class=Documented,
    tags=["Accounts"],
    sync_to_thread=False,
)
def jwks(request: AnnalsRequest) -> Response[dict[str, list[dict[str, str]]]]:
    """The public keys that verify access tokens (RFC 7517)."""
    keys = service(request).tokens.keys.jwks()
    return Response(keys, headers={"Cache-Control": "public, max-age=300"})


def create_app(settings: Settings, closing: asyncio.Event) -> EdgeMiddleware:
    """Return the application; its streams end when `closing` is set."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with monitored(settings, "serve") as watched, open_service(settings) as opened:
            opened.add_metrics_to(watched)
            app.state.service = outer.service = opened
            tailing = asyncio.create_task(opened.live.run())
            ending = asyncio.create_task(_end_streams(opened, closing))
            log.info("serving")
            yield
            for task in (tailing, ending):
                task.cancel()

    cors = None
    if settings.cors_origins:
        cors = CORSConfig(
            allow_origins=list(settings.cors_origins),
            allow_headers=list(REQUEST_HEADERS),
            expose_headers=list(ANSWER_HEADERS),
            max_age=600,
        )
    inside = litestar_app(lifespan=[lifespan], cors_config=cors)
    outer = EdgeMiddleware(inside, access_log(settings), settings)
    return outer


async def _end_streams(opened: Service, closing: asyncio.Event) -> None:
    await closing.wait()
    opened.live.close()


def litestar_app(**more: Any) -> Litestar:
    """Return the application inside, which opens nothing by itself."""
    return Litestar(
        route_handlers=[
            Router(
                "/api/v1",
                route_handlers=[
                    AUTH,
                    TASKS,
                    TASK_RECURRENCE,
                    SERIES,
                    RECURRENCE,
                    TASK_REMINDERS,
                    REMINDERS,
                    INBOX,
                    ME,
                    LINKS,
                    DEAD_LETTERS,
                    AUDIT,
                    STREAM,
                    live_socket,
                ],
            ),
            jwks,
            live,
            ready,
            health,
            docs,
            openapi,
            rapidoc,
            explain,
        ],
        request_class=AnnalsRequest,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig(
            title="Annals",
            version="1",
            summary="A task service that never forgets",
            description=DESCRIPTION,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            path="/openapi",
            render_plugins=[JsonRenderPlugin(path="/")],
            use_handler_docstrings=True,
            components=Components(
                security_schemes={
                    "bearer": SecurityScheme(
                        type="http", scheme="bearer", bearer_format="JWT (RFC 9068)"
                    )
                }
            ),
            tags=[
                Tag(name="Tasks"),
                Tag(name="Reminders", description="When something rings, and why it did or not"),
                Tag(name="Notifications", description="What you are told, where and when"),
                Tag(name="Recurrence", description="What comes round again, and when"),
                Tag(name="Audit", description="What happened, to what, by whom and when"),
                Tag(name="Live", description="What happens, as it happens"),
                Tag(name="Accounts"),
                Tag(name="Administration"),
                Tag(name="Health"),
                Tag(name="Problems"),
            ],
        ),
        logging_config=None,
        request_max_body_size=None,
        **more,
    )
