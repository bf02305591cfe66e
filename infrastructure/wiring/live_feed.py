"""Builds the live feed, for the API and for `annals tail`."""

from infrastructure.authentication.revocations import Revocations
from infrastructure.config.settings import Settings
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.live.tail import LogTail
from infrastructure.wiring.database import Database


def live_feed(
    settings: Settings,
    database: Database,
    waiter: PostgresViewWaiter,
    revocations: Revocations | None = None,
) -> LogTail:
    return LogTail(
        database.url,
        database.log,
        database.queries,
        waiter,
        source=settings.events.source,
        rate=settings.live.rate,
        revocations=revocations,
    )
