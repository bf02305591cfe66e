"""Builds the parts of the commands for accounts, dead letters and `annals tail`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from application.parts import AdministrationParts
from application.ports.unavailable import Unavailable
from application.stream_queries import StreamQueries
from domain.values.streams import StreamNames
from infrastructure.config.settings import Settings
from infrastructure.security.credentials import Credentials
from infrastructure.security.installation_secret import (
    confirm_secret,
    read_installation_secret,
)
from infrastructure.security.passwords import Passwords
from infrastructure.store.read_your_writes import ViewWaiter
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
    secret = read_installation_secret(folder) if folder else None

    def names() -> StreamNames:
        # Where the folder is missing, what needs no names still works, as dead letters do.
        known = secret or read_installation_secret(settings.tokens.keys_dir_or_fail)
        return StreamNames(secret=known)

    async with open_database(settings, "store", secret=secret) as database:
        if secret:
            with suppress(Unavailable):
                await database.queries.run(confirm_secret, secret)
        yield AdministrationParts(
            commands=database.commands,
            names=names,
            streams=StreamQueries(database.store, lambda email: names().address_stream(email)),
            queries=database.queries,
            passwords=Credentials(database.queries, Passwords()),
            feed=live_feed(settings, database, ViewWaiter(database.queries)),
        )
