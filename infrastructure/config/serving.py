"""Settings of the API: address, tokens, limits and live updates."""

from dataclasses import dataclass
from pathlib import Path

from infrastructure.config import parsers as read
from infrastructure.config.parsers import Network
from infrastructure.config.variable import not_set, var


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    host: str = var("ANNALS_HOST", "Address the API listens on.", read.text, "127.0.0.1")
    port: int = var("ANNALS_PORT", "Port the API listens on.", read.whole(1, 65535), 8000)
    public_url: str | None = var(
        "ANNALS_PUBLIC_URL",
        "Address at which people reach the API; built from host and port when not given.",
        read.address("http", "https"),
        None,
    )
    cors_origins: tuple[str, ...] = var(
        "ANNALS_CORS_ORIGINS",
        "Origins of web pages that may call the API, separated by commas.",
        read.several(read.address("http", "https")),
        (),
    )
    connections: int = var(
        "ANNALS_CONNECTIONS",
        "Connections, including streams, at which an API process answers 503; 0: no limit.",
        read.whole(0, 1_000_000),
        12_000,
    )
    connections_per_address: int = var(
        "ANNALS_CONNECTIONS_PER_ADDRESS",
        "Connections, including streams, that a network address (IPv6: its /64) may have to an API "
        "process; of a trusted proxy the requests of each client are counted; 0: no limit.",
        read.whole(0, 1_000_000),
        500,
    )
    trusted_proxies: tuple[Network, ...] = var(
        "ANNALS_TRUSTED_PROXIES",
        "Networks (10.1.0.0/16, …) of proxies whose `X-Forwarded-For` is trusted.",
        read.several(read.network),
        (),
    )

    @property
    def address(self) -> str:
        """Where people reach the API, without a slash at the end."""
        return self.public_url or self.local_address

    @property
    def local_address(self) -> str:
        """Where this machine itself reaches the API."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class TokenSettings:
    keys_dir: Path | None = var(
        "ANNALS_KEYS_DIR",
        "Folder of RSA private keys (PEM) that sign tokens; "
        "`annals dev` creates a key in its data folder.",
        read.folder,
        None,
    )
    issuer: str = var(
        "ANNALS_TOKEN_ISSUER", "Issuer of the tokens: their `iss`.", read.text, "annals"
    )
    audience: str = var(
        "ANNALS_TOKEN_AUDIENCE", "Audience of the tokens: their `aud`.", read.text, "annals"
    )
    access_minutes: int = var(
        "ANNALS_ACCESS_TOKEN_MINUTES",
        "Minutes an access token is valid.",
        read.whole(1, 24 * 60),
        15,
    )
    refresh_days: int = var(
        "ANNALS_REFRESH_TOKEN_DAYS",
        "Days a refresh token is valid.",
        read.whole(1, 365),
        30,
    )

    session_days: int = var(
        "ANNALS_SESSION_DAYS",
        "Days after which a login ends, however often its tokens are refreshed.",
        read.whole(1, 3_650),
        365,
    )
    sessions: int = var(
        "ANNALS_SESSIONS",
        "Logins of an account at the same time; a new one ends the oldest.",
        read.whole(1, 10_000),
        100,
    )
    personal: int = var(
        "ANNALS_TOKENS",
        "Personal access tokens of an account that have not expired.",
        read.whole(1, 1_000),
        50,
    )

    @property
    def keys_dir_or_fail(self) -> Path:
        """The folder.

        Raises:
            BadSetting: it is not set.
        """
        return self.keys_dir or not_set(self, "keys_dir")


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    account_requests_per_second: int = var(
        "ANNALS_ACCOUNT_REQUESTS_PER_SECOND",
        "Requests a second of an account, and as many at once; 0: no limit. All limits need Redis.",
        read.whole(0, 1_000_000),
        100,
    )
    address_requests_per_second: int = var(
        "ANNALS_ADDRESS_REQUESTS_PER_SECOND",
        "The same for a network address (IPv6: its /64).",
        read.whole(0, 1_000_000),
        100,
    )
    logins_per_minute: int = var(
        "ANNALS_LOGINS_PER_MINUTE",
        "Attempts a minute to log in, register, refresh or ask for a mail with an email address, "
        "or token, "
        "from a network address; 0: no limit.",
        read.whole(0, 1_000_000),
        5,
    )
    account_logins_per_minute: int = var(
        "ANNALS_ACCOUNT_LOGINS_PER_MINUTE",
        "Attempts a minute to log in with an email address from all network addresses together, "
        "except those it has logged in from before; 0: no limit.",
        read.whole(0, 1_000_000),
        20,
    )
    accounts_per_address: int = var(
        "ANNALS_ACCOUNTS_PER_ADDRESS",
        "Accounts that a network address may register a day, and mails with links that it may "
        "ask for; 0: no limit.",
        read.whole(0, 1_000_000),
        200,
    )


@dataclass(frozen=True, kw_only=True)
class LiveSettings:
    streams: int = var(
        "ANNALS_LIVE_STREAMS",
        "Event streams an account may have open.",
        read.whole(1, 10_000),
        3,
    )
    sockets: int = var(
        "ANNALS_LIVE_SOCKETS",
        "WebSockets an account may have open.",
        read.whole(1, 10_000),
        10,
    )
    rate: int = var(
        "ANNALS_LIVE_RATE",
        "Live messages a second to a connection; beyond that they are sent in batches, and "
        "successive changes of a task are merged.",
        read.whole(1, 1_000_000),
        10,
    )
