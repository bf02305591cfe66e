"""Builds the parts of the commands for accounts, tokens, dead letters and `annals tail`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from application.parts import AdministrationParts, TokenParts
from application.stream_queries import StreamQueries
from domain.values.streams import StreamNames
from infrastructure.authentication.access_tokens import PostgresAccessTokens
from infrastructure.config.settings import Settings
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.security.active_sessions import PostgresActiveSessions
from infrastructure.security.installation_secret import has_secret, read_installation_secret
from infrastructure.security.login_sessions import LoginSessions
from infrastructure.security.passwords.credentials import Credentials
from infrastructure.security.passwords.hashing import Passwords
from infrastructure.security.second_factors import factor_store
from infrastructure.security.tokens import token_signer
from infrastructure.wiring.database import open_database
from infrastructure.wiring.live_feed import live_feed


@asynccontextmanager
async def open_administration(settings: Settings) -> AsyncIterator[AdministrationParts]:
    """Open the database that `settings` name. If it is away, the first query says so.

    Raises:
        BadSetting: no database is named, or the key folder has no secret.
        CannotStart: the database was begun with another secret.
    """
    folder = settings.tokens.keys_dir
    secret = read_installation_secret(folder) if folder and has_secret(folder) else None

    def names() -> StreamNames:
        # Without the secret, what needs no names still works, as dead letters do.
        known = secret or read_installation_secret(settings.tokens.keys_dir_or_fail)
        return StreamNames(secret=known)

    async with open_database(settings, "store", secret=secret) as database:

        async def forget_second_factors(account_id: UUID) -> None:
            await database.queries.run(factor_store.forget, account_id)

        yield AdministrationParts(
            commands=database.commands,
            names=names,
            streams=StreamQueries(database.store, lambda email: names().address_stream(email)),
            queries=database.queries,
            passwords=Credentials(database.queries, Passwords()),
            access_tokens=PostgresAccessTokens(database.queries),
            most_tokens=settings.tokens.personal,
            active_sessions=PostgresActiveSessions(database.queries, database.commands),
            forget_second_factors=forget_second_factors,
            feed=live_feed(settings, database, PostgresViewWaiter(database.queries)),
        )


@asynccontextmanager
async def open_tokens(settings: Settings) -> AsyncIterator[TokenParts]:
    """Open the database and the signing keys that `settings` name.

    Raises:
        BadSetting: no database or no folder of keys is named, or that has no secret.
        CannotStart: the database was begun with another secret.
    """
    signer = token_signer(settings.tokens)
    secret = read_installation_secret(settings.tokens.keys_dir_or_fail)
    names = StreamNames(secret=secret)
    async with open_database(settings, "store", secret=secret) as database:
        yield TokenParts(
            commands=database.commands,
            streams=StreamQueries(database.store, names.address_stream),
            sessions=LoginSessions(
                database.queries, database.commands, signer, settings.tokens, secret=secret
            ),
        )
