"""The only door: settings go in, a wired service comes out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from psycopg_pool import AsyncConnectionPool

from application.command_handler import CommandHandler
from infrastructure.care import CARE_REFUSALS, Care, open_care, project
from infrastructure.credentials import Credentials
from infrastructure.development import Running, develop
from infrastructure.doorkeeper import Doorkeeper, Pass
from infrastructure.embedded.mail import CatchingMailServer
from infrastructure.embedded.mail_pages import mail_pages
from infrastructure.event_log import EventLog
from infrastructure.event_store import PostgresEventStore
from infrastructure.key_ring import KeyRing
from infrastructure.mapper import RecordMapper
from infrastructure.migrations import head, migrate, revision
from infrastructure.passwords import Passwords
from infrastructure.postgres import connect, query_pool
from infrastructure.questions import Questions
from infrastructure.settings import BadSetting, CannotStart, Settings
from infrastructure.startup import load_settings
from infrastructure.tokens import BadToken, Identity, Tokens
from infrastructure.waiting import Waiting

if TYPE_CHECKING:
    from infrastructure.relay_care import RelayCare

__all__ = [
    "CARE_REFUSALS",
    "BadSetting",
    "BadToken",
    "CannotStart",
    "Care",
    "CatchingMailServer",
    "Identity",
    "Pass",
    "Running",
    "Service",
    "Settings",
    "develop",
    "key_ring",
    "load_settings",
    "mail_pages",
    "migrate",
    "open_care",
    "open_service",
    "project",
    "relay_care",
]


class Service:
    """Everything one process needs, opened together and closed together."""

    def __init__(self, settings: Settings) -> None:
        url: str = settings.require("database_url")
        mapper = RecordMapper()
        self.settings = settings
        self.store = PostgresEventStore(partial(connect, url, name="annals store"), mapper)
        self.commands = CommandHandler(self.store)
        self.log = EventLog(mapper)
        self.queries: AsyncConnectionPool = query_pool(url)
        self.questions = Questions(self.queries)
        self.ask = self.questions.ask
        self.waiting = Waiting(self.questions)
        self.credentials = Credentials(self.questions, Passwords())
        self.schema_head = head()

    @cached_property
    def tokens(self) -> Tokens:
        """Only who serves needs keys."""
        return Tokens(
            key_ring(self.settings),
            issuer=self.settings.token_issuer,
            audience=self.settings.token_audience,
            life=self.settings.access_token_minutes * 60,
        )

    @cached_property
    def doorkeeper(self) -> Doorkeeper:
        life = timedelta(days=self.settings.refresh_token_days)
        return Doorkeeper(self.questions, self.tokens, session_life=life)

    async def schema_revision(self) -> str | None:
        """The revision the database's schema is at, None when it has none."""
        return await self.ask(revision)


def key_ring(settings: Settings) -> KeyRing:
    """Return the keys that sign tokens, or raise BadSetting."""
    return KeyRing(settings.require("keys_dir"))


def relay_care(settings: Settings) -> "RelayCare":
    """Return the relay and what can be asked of it, or raise BadSetting."""
    # Loaded late: nobody else needs the Kafka client.
    from infrastructure.relay_care import RelayCare

    return RelayCare(settings)


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
