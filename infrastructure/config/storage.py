"""Settings of PostgreSQL and Redis."""

from dataclasses import dataclass

from infrastructure.config import parsers as read
from infrastructure.config.variable import not_set, var

FIND_DEV = "Name the data folder of a running `annals dev` with ANNALS_DATA_DIR or --data-dir."


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    url: str | None = var(
        "ANNALS_DATABASE_URL",
        "PostgreSQL to use; `annals dev` starts its own when it is not given.",
        read.address("postgresql", "postgres"),
        None,
        secret=True,
    )
    migrate_url: str | None = var(
        "ANNALS_MIGRATE_DATABASE_URL",
        "The same database for `annals migrate`, with a login that owns the tables or may create "
        "roles; ANNALS_DATABASE_URL when it is not given.",
        read.address("postgresql", "postgres"),
        None,
        secret=True,
    )
    query_connections: int = var(
        "ANNALS_QUERY_CONNECTIONS",
        "Connections to PostgreSQL of an API process for queries; an account uses at most half of "
        "them, and a quarter of the time while others ask as well; all exports together use a "
        "quarter of them. Recommended for all processes together: twice the "
        "cores of the database.",
        read.whole(2, 100),
        4,
    )

    @property
    def url_or_fail(self) -> str:
        """The URL.

        Raises:
            BadSetting: it is not set.
        """
        return self.url or not_set(self, "url", otherwise=FIND_DEV)

    @property
    def migrate_url_or_fail(self) -> str:
        """The URL to migrate with.

        Raises:
            BadSetting: neither URL is set.
        """
        return self.migrate_url or self.url_or_fail


@dataclass(frozen=True, kw_only=True)
class RedisSettings:
    url: str | None = var(
        "ANNALS_REDIS_URL",
        "Redis or Valkey to use; `annals dev` starts its own when it is not given.",
        read.address("redis", "rediss", "unix"),
        None,
        secret=True,
    )
    queue_database: int = var(
        "ANNALS_QUEUE_DATABASE",
        "Number of the Redis database of the notification queue; nothing else may use it.",
        read.whole(0, 1_000_000),
        1,
    )

    @property
    def url_or_fail(self) -> str:
        """The URL.

        Raises:
            BadSetting: it is not set.
        """
        return self.url or not_set(self, "url")
