"""The only door: settings go in, a wired service comes out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from psycopg_pool import AsyncConnectionPool

from application.channels import DeliveryFailed
from infrastructure.channels.outbound import Outbound
from infrastructure.channels.webhook import new_secret as new_webhook_secret
from infrastructure.config.parsers import Network
from infrastructure.config.settings import BadSetting, CannotStart, Settings
from infrastructure.delivery.endpoints import EndpointAddress, EndpointAddresses
from infrastructure.delivery.signed_links import (
    BadLink,
    SignedLinks,
    UnsubscribeLink,
    VerifyAddressLink,
    signing_secret,
)
from infrastructure.development.dev_stack import Running, develop
from infrastructure.development.embedded.mail import CatchingMailServer
from infrastructure.development.embedded.mail_pages import mail_pages
from infrastructure.limits.concurrency_limit import LIFE_SECONDS as SEAT_LIFE
from infrastructure.limits.concurrency_limit import StreamLimit, TooManyStreams
from infrastructure.limits.gcra import AsyncRateLimit
from infrastructure.limits.redis_client import open_redis
from infrastructure.limits.request_limiter import LimitResult, RequestLimiter
from infrastructure.limits.tickets import LIFE_SECONDS as TICKET_LIFE
from infrastructure.limits.tickets import Tickets
from infrastructure.live.feed import Closed, LiveEvent, Resync
from infrastructure.live.tail import LogTail
from infrastructure.monitoring import process_metrics
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import Monitor, monitored
from infrastructure.postgres.connections import connect, query_pool
from infrastructure.postgres.migrations import head, migrate, revision
from infrastructure.postgres.queries import QueryRunner
from infrastructure.scheduling.timezone_update import open_time_zone_update
from infrastructure.security.credentials import Credentials
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.key_rotation import KeyFolder
from infrastructure.security.login_sessions import LoginSessions, TokenPair
from infrastructure.security.passwords import Passwords
from infrastructure.security.tokens import BadToken, Identity, TokenSigner
from infrastructure.store.dead_events import DeadEvent
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands
from infrastructure.store.read_your_writes import ViewWaiter
from infrastructure.telemetry.metrics import (
    HTTP_DURATION,
    HTTP_IN_PROGRESS,
    HTTP_REQUESTS,
    LIVE_EVENTS,
)
from infrastructure.telemetry.tracing import server_span, trace_id, valid_traceparent
from infrastructure.wiring.operations import OPERATION_ERRORS, Operations, open_operations, project
from infrastructure.wiring.startup import load_settings

if TYPE_CHECKING:
    from infrastructure.wiring.relay_admin import RelayAdmin

__all__ = [
    "HTTP_DURATION",
    "HTTP_IN_PROGRESS",
    "HTTP_REQUESTS",
    "LIVE_EVENTS",
    "OPERATION_ERRORS",
    "SEAT_LIFE",
    "TICKET_LIFE",
    "BadLink",
    "BadSetting",
    "BadToken",
    "CannotStart",
    "CatchingMailServer",
    "Closed",
    "DeadEvent",
    "DeliveryFailed",
    "EndpointAddress",
    "Identity",
    "LimitResult",
    "LiveEvent",
    "Network",
    "Operations",
    "Resync",
    "Running",
    "Service",
    "Settings",
    "TokenPair",
    "TooManyStreams",
    "UnsubscribeLink",
    "VerifyAddressLink",
    "develop",
    "key_folder",
    "key_ring",
    "load_settings",
    "mail_pages",
    "migrate",
    "monitored",
    "new_webhook_secret",
    "open_operations",
    "open_service",
    "open_time_zone_update",
    "project",
    "relay_admin",
    "schedule",
    "server_span",
    "trace_id",
    "valid_traceparent",
    "work",
]


class Service:
    """Everything one process needs, opened together and closed together."""

    def __init__(self, settings: Settings) -> None:
        url: str = settings.require("database_url")
        mapper = RecordMapper()
        self.settings = settings
        self.store = PostgresEventStore(partial(connect, url, name="annals store"), mapper)
        self.commands = ObservedCommands(self.store)
        self.log = EventLog(mapper)
        self.queries: AsyncConnectionPool = query_pool(url, size=settings.query_connections)
        self.query_runner = QueryRunner(self.queries)
        self.ask = self.query_runner.run
        self.waiting = ViewWaiter(self.query_runner)
        self.credentials = Credentials(self.query_runner, Passwords())
        self.schema_head = head()
        self._links: SignedLinks | None = None
        self.redis = open_redis(settings.redis_url) if settings.redis_url else None
        # Who waits at the door should not wait long for a Redis that does not answer.
        self._counting = (
            open_redis(settings.redis_url, timeout_seconds=0.25) if settings.redis_url else None
        )
        self.limiter = RequestLimiter(
            AsyncRateLimit(self._counting, prefix="asked:") if self._counting else None,
            account_rate=settings.account_requests_per_second,
            address_rate=settings.address_requests_per_second,
            login_rate=settings.logins_per_minute,
        )
        self.tickets = Tickets(self.redis)
        self.stream_limit = StreamLimit(self.redis, kind="sse", most=settings.live_streams)
        self.socket_limit = StreamLimit(self.redis, kind="ws", most=settings.live_sockets)
        self.live = LogTail(
            url,
            self.log,
            self.query_runner,
            self.waiting,
            source=settings.event_source,
            rate=settings.live_rate,
        )

    def add_metrics_to(self, watched: Monitor) -> None:
        """Let `annals serve` be watched."""
        watched.add_probe(LogMetrics(self.log))
        watched.add(
            process_metrics.pool("queries", self.queries),
            process_metrics.signing_key(self.tokens.keys),
            process_metrics.streams(
                lambda: {
                    "sse": self.stream_limit.open_here,
                    "websocket": self.socket_limit.open_here,
                },
                lambda: self.live.resyncs,
            ),
        )

    @cached_property
    def tokens(self) -> TokenSigner:
        """Only who serves needs keys."""
        return TokenSigner(
            key_ring(self.settings),
            issuer=self.settings.token_issuer,
            audience=self.settings.token_audience,
            life=self.settings.access_token_minutes * 60,
        )

    @cached_property
    def sessions(self) -> LoginSessions:
        life = timedelta(days=self.settings.refresh_token_days)
        return LoginSessions(self.query_runner, self.tokens, session_life=life)

    @cached_property
    def endpoints(self) -> EndpointAddresses:
        return EndpointAddresses(self.query_runner)

    @cached_property
    def outbound(self) -> Outbound:
        return Outbound(allowed=self.settings.webhook_allowed_networks)

    @cached_property
    def push_key(self) -> str | None:
        """What a browser needs in order to subscribe; None when there is no web push here."""
        from infrastructure.channels.web_push import public_key_of, vapid_of

        key = self.settings.vapid_private_key
        return None if key is None else public_key_of(vapid_of(key))

    async def close_redis(self) -> None:
        for client in (self.redis, self._counting):
            if client is not None:
                await client.aclose()

    async def links(self) -> SignedLinks:
        if self._links is None:
            self._links = SignedLinks(await self.ask(signing_secret))
        return self._links

    async def schema_revision(self) -> str | None:
        """The revision the database's schema is at, None when it has none."""
        return await self.ask(revision)


def key_ring(settings: Settings) -> KeyRing:
    """Return the keys that sign tokens, or raise BadSetting."""
    return KeyRing(settings.require("keys_dir"))


def key_folder(settings: Settings) -> KeyFolder:
    """Return the same keys, to be listed and changed, or raise BadSetting."""
    life = timedelta(minutes=settings.access_token_minutes)
    return KeyFolder(settings.require("keys_dir"), life=life)


def relay_admin(settings: Settings) -> "RelayAdmin":
    """Return the relay and what can be asked of it, or raise BadSetting."""
    # Loaded late: nobody else needs the Kafka client.
    from infrastructure.wiring.relay_admin import RelayAdmin

    return RelayAdmin(settings)


async def schedule(settings: Settings) -> None:
    """Let reminders ring, until cancelled."""
    from infrastructure.wiring import notifying  # with all its channels; few processes need them

    await notifying.schedule(settings)


async def work(settings: Settings) -> None:
    """Deliver notifications, until cancelled."""
    from infrastructure.wiring import notifying

    await notifying.work(settings)


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Open what `settings` name. The database may still be away: asking it then says so.

    Raises:
        BadSetting: something this process cannot do without is not set.
    """
    service = Service(settings)
    await service.queries.open(wait=False)
    try:
        yield service
    finally:
        await service.store.close()
        await service.queries.close()
        await service.close_redis()
