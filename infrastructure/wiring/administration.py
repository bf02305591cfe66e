"""Builds the parts of the commands for accounts, tokens, dead letters and `annals tail`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from application.parts import AdministrationParts, TokenParts
from application.stream_queries import StreamQueries
from infrastructure.config.settings import Settings
from infrastructure.security.credentials import Credentials
from infrastructure.security.login_sessions import LoginSessions
from infrastructure.security.passwords import Passwords
from infrastructure.security.tokens import token_signer
from infrastructure.store.read_your_writes import ViewWaiter
from infrastructure.wiring.database import open_database
from infrastructure.wiring.live_feed import live_feed


@asynccontextmanager
async def open_administration(settings: Settings) -> AsyncIterator[AdministrationParts]:
    """Open the database that `settings` name. If it is away, the first query says so.

    Raises:
        BadSetting: no database is named.
    """
    async with open_database(settings, "store") as database:
        yield AdministrationParts(
            commands=database.commands,
            streams=StreamQueries(database.store),
            queries=database.queries,
            passwords=Credentials(database.queries, Passwords()),
            feed=live_feed(settings, database, ViewWaiter(database.queries)),
        )


@asynccontextmanager
async def open_tokens(settings: Settings) -> AsyncIterator[TokenParts]:
    """Open the database and the signing keys that `settings` name.

    Raises:
        BadSetting: no database or no folder of keys is named.
    """
    signer, life = token_signer(settings.tokens), timedelta(days=settings.tokens.refresh_days)
    async with open_database(settings, "store") as database:
        yield TokenParts(
            commands=database.commands,
            streams=StreamQueries(database.store),
            sessions=LoginSessions(database.queries, signer, session_life=life),
        )
