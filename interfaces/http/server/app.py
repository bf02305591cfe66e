"""The ASGI application: its routes, its lifespan and the edge around it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Response, Router, get
from litestar._asgi.utils import wrap_in_exception_handler
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.middleware._internal.cors import CORSMiddleware
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ASGIApp

from application.parts import ApiParts
from application.ports.live import LiveFeed
from application.ports.telemetry import HttpTelemetry
from interfaces.http.accounts.administration import ACCOUNTS
from interfaces.http.accounts.auth import AUTH
from interfaces.http.accounts.oidc.linked_providers import PROVIDERS
from interfaces.http.accounts.oidc.routes import OIDC
from interfaces.http.accounts.second_factors.factors import SECOND_FACTORS
from interfaces.http.accounts.second_factors.passkeys import PASSKEY
from interfaces.http.accounts.services import SERVICES
from interfaces.http.accounts.tokens import TOKENS
from interfaces.http.assistant.mount import AssistantDoor, assistant
from interfaces.http.assistant.resource_metadata import protected_resource
from interfaces.http.batch.batch import BATCH
from interfaces.http.calendar.address import CALENDAR
from interfaces.http.changes.changes import CHANGES
from interfaces.http.health import health, live, ready
from interfaces.http.lists.lists import LISTS
from interfaces.http.live.live_socket import live_socket
from interfaces.http.live.stream import EVENT_TYPES, STREAM
from interfaces.http.middleware.access_log import access_log
from interfaces.http.middleware.edge import EdgeMiddleware
from interfaces.http.middleware.exception_handlers import EXCEPTION_HANDLERS
from interfaces.http.middleware.routing import Routing
from interfaces.http.middleware.settings import RequestSettings
from interfaces.http.notifications.dead_letters import DEAD_LETTERS
from interfaces.http.notifications.inbox import INBOX
from interfaces.http.notifications.notifications import NOTIFICATIONS
from interfaces.http.notifications.preferences import ME
from interfaces.http.openapi.docs import docs, explain, openapi, rapidoc
from interfaces.http.openapi.document import OPENAPI
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.operations.readers import OPERATIONS
from interfaces.http.page.routes import page, page_asset, page_worker
from interfaces.http.pages.account_links import ACCOUNT_LINKS
from interfaces.http.pages.notification_links import NOTIFICATION_LINKS
from interfaces.http.protocol.answers import Returned
from interfaces.http.protocol.headers import ANSWER_HEADERS, REQUEST_HEADERS
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.recurrence.preview import RECURRENCE
from interfaces.http.recurrence.recurrence import TASK_RECURRENCE
from interfaces.http.recurrence.series import SERIES
from interfaces.http.reminders.reminder_trace import REMINDERS
from interfaces.http.reminders.reminders import TASK_REMINDERS
from interfaces.http.searches.searches import SEARCHES
from interfaces.http.tasks.audit import AUDIT
from interfaces.http.tasks.tasks import TASKS

log = structlog.get_logger()


@get(
    "/.well-known/jwks.json",
    operation_id="jwks",
    operation_class=Documented,
    responses=problems(400, 414, 431),
    tags=["Accounts"],
    sync_to_thread=False,
)
def jwks(request: AnnalsRequest) -> Response[dict[str, list[dict[str, str]]]]:
    """Get the public keys that verify access tokens (RFC 7517)."""
    keys = request.parts.login.authenticator.keys.jwks()
    return Response(keys, headers={"Cache-Control": "public, max-age=300"})


def create_app(
    settings: RequestSettings,
    open_parts: Callable[[], AbstractAsyncContextManager[ApiParts]],
    telemetry: HttpTelemetry,
    closing: asyncio.Event,
) -> EdgeMiddleware:
    """Return the application. Its streams end when `closing` is set."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with open_parts() as edge.parts, door.open():
            feed = edge.parts.live.feed
            tasks = (
                asyncio.create_task(feed.run()),
                asyncio.create_task(edge.parts.login.authenticator.run()),
                asyncio.create_task(_close(feed, closing)),
            )
            log.info("api_started")
            yield
            for task in tasks:
                task.cancel()

    cors = None
    if settings.http.cors_origins:
        cors = CORSConfig(
            allow_origins=list(settings.http.cors_origins),
            allow_headers=list(REQUEST_HEADERS),
            expose_headers=list(ANSWER_HEADERS),
            max_age=600,
        )
    door = AssistantDoor()
    state = State({"assistant": door})
    inside = litestar_app(lifespan=[lifespan], cors_config=cors, state=state)
    edge = EdgeMiddleware(inside, settings, telemetry, access_log(settings))
    return edge


async def _close(feed: LiveFeed, closing: asyncio.Event) -> None:
    await closing.wait()
    feed.close()


class _Api(Router):
    """All routes under /api/v1, for a single application."""

    def __deepcopy__(self, _: object) -> "_Api":
        # Litestar copies routers because another application may have them too. Nothing else has
        # this router, and its copy would take half of the time in which the application is made.
        return self


class _Application(Litestar):
    """Litestar with our routing, without the plugins for libraries that our types do not use."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] == "lifespan":
            return super().__call__(scope, receive, send)
        scope["app"] = scope["litestar_app"] = self
        return self.asgi_handler(scope, receive, send)

    def _create_asgi_handler(self) -> ASGIApp:
        routing = Routing(self, wrap_in_exception_handler(self.asgi_router))
        return CORSMiddleware(routing, self.cors_config) if self.cors_config else routing

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        # Its own defaults import pydantic where that is installed, as the extra `mcp` does: 13 MiB.
        return [*plugins, MsgspecDIPlugin()]


def litestar_app(**more: Any) -> Litestar:
    """Return the application without the edge; it opens nothing by itself."""
    return _Application(
        route_handlers=[
            _Api(
                "/api/v1",
                route_handlers=[
                    AUTH,
                    OIDC,
                    PROVIDERS,
                    SECOND_FACTORS,
                    PASSKEY,
                    ACCOUNTS,
                    TOKENS,
                    SERVICES,
                    TASKS,
                    LISTS,
                    SEARCHES,
                    BATCH,
                    TASK_RECURRENCE,
                    SERIES,
                    RECURRENCE,
                    TASK_REMINDERS,
                    REMINDERS,
                    INBOX,
                    NOTIFICATIONS,
                    ME,
                    NOTIFICATION_LINKS,
                    ACCOUNT_LINKS,
                    DEAD_LETTERS,
                    OPERATIONS,
                    AUDIT,
                    CALENDAR,
                    CHANGES,
                    STREAM,
                    EVENT_TYPES,
                    live_socket,
                ],
            ),
            jwks,
            protected_resource,
            assistant,
            live,
            ready,
            health,
            page,
            page_asset,
            page_worker,
            docs,
            openapi,
            rapidoc,
            explain,
        ],
        request_class=AnnalsRequest,
        response_class=Returned,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OPENAPI,
        logging_config=None,
        request_max_body_size=None,
        **more,
    )
