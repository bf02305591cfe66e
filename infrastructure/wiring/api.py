"""Builds the parts of `annals serve`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import cache, partial
from uuid import UUID

from psycopg import AsyncConnection

from application.parts import ApiParts, EndpointParts, LiveParts, LoginParts, SchemaParts
from application.stream_queries import StreamQueries
from domain.identity.account import Account
from domain.values.streams import StreamNames
from infrastructure.authentication.access_tokens import PostgresAccessTokens
from infrastructure.authentication.authenticator import RememberingAuthenticator
from infrastructure.authentication.revocations import Revocations
from infrastructure.channels.webhook import new_secret
from infrastructure.config.settings import Settings
from infrastructure.delivery.endpoints import SealedEndpointAddresses
from infrastructure.delivery.signed_links import HmacSignedLinks
from infrastructure.following.checkpoints import applied
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.limits.account_counts import Count, Counted
from infrastructure.limits.account_quotas import AccountQuotas
from infrastructure.limits.concurrency_limit import RedisStreamLimit
from infrastructure.limits.day_usage import DayUsage
from infrastructure.limits.gcra import AsyncRateLimit
from infrastructure.limits.redis_client import redis_if_named
from infrastructure.limits.request_limiter import GcraLimiter
from infrastructure.limits.tickets import Tickets
from infrastructure.limits.turns import ProcessTurns
from infrastructure.live.tail import LogTail
from infrastructure.monitoring import process_metrics
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.operator_queries import OperatorQueries
from infrastructure.monitoring.server import Monitor, monitored
from infrastructure.oidc.provider_logins import OidcProviderLogins
from infrastructure.oidc.providers import providers_of
from infrastructure.postgres.migrations import head, revision
from infrastructure.postgres.queries import QueryRunner
from infrastructure.security.active_sessions import PostgresActiveSessions
from infrastructure.security.installation_secret import read_installation_secret
from infrastructure.security.login_sessions import LoginSessions
from infrastructure.security.passwords.credentials import Credentials
from infrastructure.security.passwords.hashing import Passwords
from infrastructure.security.second_factors.passkeys import Passkeys
from infrastructure.security.second_factors.second_factors import PostgresSecondFactors
from infrastructure.security.tokens import TokenSigner, token_signer
from infrastructure.store.history_reader import HistoryReader
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.write_probe import WriteProbe
from infrastructure.telemetry.http_telemetry import PrometheusHttpTelemetry
from infrastructure.wiring.database import Database, open_database
from infrastructure.wiring.live_feed import live_feed
from infrastructure.wiring.outbound import outbound
from projections.views.reminders import due_reminders
from projections.views.searching import saved_searches, task_count
from projections.views.tasks import lists, series_list

# A request that waits to be counted must not wait long for a Redis that does not answer.
COUNTING_TIMEOUT_SECONDS = 0.25
# Passwords that are hashed or wait for it, for about a second of work.
MAX_WAITING_PASSWORDS = 64
# Logins that wait for a provider, which may be slow.
MAX_WAITING_PROVIDERS = 64


@asynccontextmanager
async def open_api(
    settings: Settings, telemetry: PrometheusHttpTelemetry
) -> AsyncIterator[ApiParts]:
    """Open what the settings name, and monitor it. The database may still be away.

    Raises:
        BadSetting: a setting that this process needs is missing.
        CannotStart: the port for metrics is taken, or the database was begun with another secret.
    """
    secret = read_installation_secret(settings.tokens.keys_dir_or_fail)
    names = StreamNames(secret=secret)
    signer = token_signer(settings.tokens)
    async with (
        monitored(settings, "serve") as monitor,
        open_database(
            settings,
            "store",
            connections=settings.database.query_connections,
            secret=secret,
        ) as database,
        redis_if_named(settings.redis.url) as redis,
        redis_if_named(settings.redis.url, timeout_seconds=COUNTING_TIMEOUT_SECONDS) as counting,
        aclosing(DayUsage(counting)) as usage,
    ):
        waiter = PostgresViewWaiter(database.queries)
        authenticator = RememberingAuthenticator(
            signer, database.queries, partial(database.commands.current_state, Account())
        )
        revocations = Revocations(database.log, authenticator)
        feed = live_feed(settings, database, waiter, revocations)
        live = LiveParts(
            feed=feed,
            tickets=Tickets(redis),
            stream_limit=(
                streams := RedisStreamLimit(redis, kind="sse", most=settings.live.streams)
            ),
            socket_limit=(
                sockets := RedisStreamLimit(redis, kind="ws", most=settings.live.sockets)
            ),
            origins=settings.http.cors_origins,
        )
        _add_metrics(monitor, database, signer, streams, sockets, feed)
        yield ApiParts(
            commands=database.commands,
            names=names,
            streams=StreamQueries(
                database.store,
                names.address_stream,
                histories=HistoryReader(database.queries, RecordMapper()),
            ),
            queries=database.queries,
            views=waiter,
            limiter=_limiter(
                settings, AsyncRateLimit(counting, prefix="asked:") if counting else None
            ),
            quotas=AccountQuotas(settings.quotas, usage, _counts(database.queries)),
            export_limit=RedisStreamLimit(redis, kind="export", most=1),
            login=_login(settings, database, signer, authenticator, secret),
            provider_logins=OidcProviderLogins(
                providers_of(settings.oidc),
                address=settings.http.address,
                secret=secret,
                queries=database.queries,
            ),
            public_url=settings.http.public_url,
            live=live,
            endpoints=_endpoints(settings, database.queries, secret),
            schema=_schema(database),
            operations=OperatorQueries(database.url, database.log, database.commands),
            telemetry=telemetry,
        )


def _counts(queries: QueryRunner) -> Mapping[str, Count]:
    """Return how the things of an account are counted, up to a number, by the name of the quota."""

    def counting(view: str, count: Callable[..., Awaitable[int]]) -> Count:
        async def at_position(connection: AsyncConnection, account: UUID, most: int) -> Counted:
            # Of one snapshot: what is beyond the position is not in the number.
            async with connection.transaction():
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                number = await count(connection, account, most=most)
                return Counted(number, await applied(connection, view))

        return lambda account, most: queries.run(at_position, UUID(account), most)

    # By the views, each with the name under which its position is kept.
    return {
        "tasks": counting("task_list", task_count.count),
        "series": counting("series_list", series_list.count_open),
        "reminders": counting("due_reminders", due_reminders.count_pending),
        "lists": counting("lists", lists.count),
        "searches": counting("saved_searches", saved_searches.count),
    }


def _limiter(settings: Settings, rate_limit: AsyncRateLimit | None) -> GcraLimiter:
    return GcraLimiter(
        rate_limit,
        account_rate=settings.limits.account_requests_per_second,
        address_rate=settings.limits.address_requests_per_second,
        login_rate=settings.limits.logins_per_minute,
        account_login_rate=settings.limits.account_logins_per_minute,
        registration_rate=settings.limits.accounts_per_address,
    )


def _login(
    settings: Settings,
    database: Database,
    signer: TokenSigner,
    authenticator: RememberingAuthenticator,
    secret: bytes,
) -> LoginParts:
    return LoginParts(
        authenticator=authenticator,
        access_tokens=PostgresAccessTokens(database.queries),
        most_tokens=settings.tokens.personal,
        sessions=LoginSessions(
            database.queries, database.commands, signer, settings.tokens, secret=secret
        ),
        active_sessions=PostgresActiveSessions(database.queries, database.commands),
        passwords=Credentials(database.queries, Passwords()),
        second_factors=PostgresSecondFactors(database.queries, secret=secret),
        passkeys=Passkeys(database.queries, secret=secret),
        turns=ProcessTurns(most=MAX_WAITING_PASSWORDS, share=MAX_WAITING_PASSWORDS // 8),
        provider_turns=ProcessTurns(most=MAX_WAITING_PROVIDERS, share=MAX_WAITING_PROVIDERS // 8),
    )


def _endpoints(settings: Settings, queries: QueryRunner, secret: bytes) -> EndpointParts:
    @cache
    def push_key() -> str | None:
        if settings.push.vapid_private_key is None:
            return None
        # Few installations need this library here, and it takes long to load.
        from infrastructure.channels.web_push import public_key_of, vapid_of

        return public_key_of(vapid_of(settings.push.vapid_private_key))

    return EndpointParts(
        addresses=SealedEndpointAddresses(queries, secret),
        links=HmacSignedLinks(secret),
        check_url=outbound(settings).check,
        new_secret=new_secret,
        push_key=push_key,
        most=settings.quotas.endpoints,
    )


def _schema(database: Database) -> SchemaParts:
    async def found() -> str | None:
        return await database.queries.run(revision)

    probe = WriteProbe(database.queries, database.store.commits)
    return SchemaParts(expected=head(), revision=found, writable=probe.writable)


def _add_metrics(
    monitor: Monitor,
    database: Database,
    signer: TokenSigner,
    streams: RedisStreamLimit,
    sockets: RedisStreamLimit,
    feed: LogTail,
) -> None:
    monitor.add_probe(LogMetrics(database.log))
    monitor.add(
        process_metrics.pool("queries", database.pool),
        process_metrics.signing_key(signer.keys),
        process_metrics.streams(
            lambda: {"sse": streams.open_here, "websocket": sockets.open_here},
            lambda: feed.resyncs,
            lambda: feed.gaps,
        ),
    )
