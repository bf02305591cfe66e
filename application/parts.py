"""The parts that interfaces work with: one frozen record for each kind of process."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from application.command_handler import CommandHandler
from application.operations.port import OperatorPort
from application.ports.endpoints import EndpointAddresses, SignedLinks
from application.ports.identity import (
    AccessTokens,
    ActiveSessions,
    Authenticator,
    PasswordStore,
    Sessions,
    StreamTickets,
)
from application.ports.limits import Quotas, RequestLimiter, StreamLimit, Turns
from application.ports.live import LiveFeed
from application.ports.oidc import ProviderLogins
from application.ports.queries import Queries, ViewWaiter
from application.ports.second_factors import PasskeyStore, SecondFactorStore
from application.ports.telemetry import HttpTelemetry
from application.stream_queries import StreamQueries
from domain.record import Record
from domain.values.streams import StreamNames


class LoginParts(Record):
    """Registration, login and access tokens.

    `turns` bounds how many passwords wait, `provider_turns` how many logins wait for a provider.
    An account can have `most_tokens` personal access
    tokens.
    """

    authenticator: Authenticator
    access_tokens: AccessTokens
    most_tokens: int
    sessions: Sessions
    active_sessions: ActiveSessions
    passwords: PasswordStore
    second_factors: SecondFactorStore
    passkeys: PasskeyStore
    turns: Turns
    provider_turns: Turns


class LiveParts(Record):
    """Live updates: the feed, tickets that open a stream, and how many may be open.

    `origins` are the web pages of other origins that may open a socket.
    """

    feed: LiveFeed
    tickets: StreamTickets
    stream_limit: StreamLimit
    socket_limit: StreamLimit
    origins: tuple[str, ...]


class EndpointParts(Record):
    """Push subscriptions, webhooks and the links in mails.

    `check_url` returns the host of a URL, or raises DeliveryFailed if nothing may be sent
    there. `push_key` returns the public key of web push; None if web push is not set up.
    `most` is how many of each channel an account may have.
    """

    addresses: EndpointAddresses
    links: SignedLinks
    check_url: Callable[[str], str]
    new_secret: Callable[[], str]
    push_key: Callable[[], str | None]
    most: int


class SchemaParts(Record):
    """The schema revision this code needs; `revision` reads that of the database.

    `writable` tells whether the database accepts writes at the moment.
    """

    expected: str
    revision: Callable[[], Awaitable[str | None]]
    writable: Callable[[], Awaitable[bool]]


class ApiParts(Record):
    """What `annals serve` works with. `export_limit` bounds the exports of an account.

    Without `quotas` nothing is counted. `public_url` is where people reach the API; None if
    nothing says so.
    """

    commands: CommandHandler
    names: StreamNames
    streams: StreamQueries
    queries: Queries
    views: ViewWaiter
    limiter: RequestLimiter
    quotas: Quotas | None
    export_limit: StreamLimit
    login: LoginParts
    provider_logins: ProviderLogins
    public_url: str | None
    live: LiveParts
    endpoints: EndpointParts
    schema: SchemaParts
    operations: OperatorPort
    telemetry: HttpTelemetry


class TokenParts(Record):
    """What `annals token` works with."""

    commands: CommandHandler
    streams: StreamQueries
    sessions: Sessions


class AdministrationParts(Record):
    """What the commands for accounts, dead letters and `annals tail` work with.

    `names` fails with BadSetting where the key folder is not given.
    """

    commands: CommandHandler
    names: Callable[[], StreamNames]
    streams: StreamQueries
    queries: Queries
    passwords: PasswordStore
    access_tokens: AccessTokens
    most_tokens: int
    active_sessions: ActiveSessions
    forget_second_factors: Callable[[UUID], Awaitable[None]]
    feed: LiveFeed
