"""Everything a person can set, read once from the environment: ANNALS_* and nothing else."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

from msgspec.structs import fields

from application.ports.startup import BadSetting
from domain.record import Record
from infrastructure.config import parsers as read
from infrastructure.config.parsers import Network, TopicReplication, Variable

PREFIX = "ANNALS_"


LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]
SmtpTls = Literal["none", "starttls", "tls"]


class Settings(Record):
    """The field `port` is the variable ANNALS_PORT, and so on for each of them."""

    database_url: Annotated[
        str | None,
        Variable(
            doc="PostgreSQL to use; `annals dev` starts its own when it is not given.",
            parse=read.address("postgresql", "postgres"),
            secret=True,
        ),
    ] = None
    redis_url: Annotated[
        str | None,
        Variable(
            doc="Redis or Valkey to use; `annals dev` starts its own when it is not given.",
            parse=read.address("redis", "rediss", "unix"),
            secret=True,
        ),
    ] = None
    data_dir: Annotated[
        Path,
        Variable(doc="Folder in which `annals dev` keeps its servers' data.", parse=read.folder),
    ] = Path(".annals")
    host: Annotated[str, Variable(doc="Address the API listens on.", parse=read.text)] = "127.0.0.1"
    port: Annotated[int, Variable(doc="Port the API listens on.", parse=read.whole(1, 65535))] = (
        8000
    )
    public_url: Annotated[
        str | None,
        Variable(
            doc="Address under which people reach the API; made of host and port when not given.",
            parse=read.address("http", "https"),
        ),
    ] = None
    log_level: Annotated[
        LogLevel,
        Variable(doc="Least important line to log.", parse=read.one_of(*get_args(LogLevel))),
    ] = "info"
    log_format: Annotated[
        LogFormat,
        Variable(
            doc="Shape of a log line; `auto` is `console` on a terminal and `json` elsewhere.",
            parse=read.one_of(*get_args(LogFormat)),
        ),
    ] = "auto"
    keys_dir: Annotated[
        Path | None,
        Variable(
            doc="Folder of RSA private keys (PEM) that sign tokens; "
            "`annals dev` makes one in its data folder.",
            parse=read.folder,
        ),
    ] = None
    token_issuer: Annotated[
        str, Variable(doc="Who issues the tokens: their `iss`.", parse=read.text)
    ] = "annals"  # noqa: S105 - a name, no password
    token_audience: Annotated[
        str, Variable(doc="Whom the tokens are for: their `aud`.", parse=read.text)
    ] = "annals"  # noqa: S105
    access_token_minutes: Annotated[
        int, Variable(doc="Minutes an access token is good for.", parse=read.whole(1, 24 * 60))
    ] = 15
    refresh_token_days: Annotated[
        int, Variable(doc="Days a refresh token is good for.", parse=read.whole(1, 365))
    ] = 30
    cors_origins: Annotated[
        tuple[str, ...],
        Variable(
            doc="Origins of web pages that may call the API, separated by commas.",
            parse=read.several(read.address("http", "https")),
        ),
    ] = ()
    connections: Annotated[
        int,
        Variable(
            doc="Connections, streams among them, with which one API process is full and answers "
            "503; 0 is without a limit.",
            parse=read.whole(0, 1_000_000),
        ),
    ] = 12_000
    query_connections: Annotated[
        int,
        Variable(
            doc="Connections to PostgreSQL with which one API process asks its views, half of them "
            "at most for exports. Good for all processes together: twice the database's cores.",
            parse=read.whole(2, 100),
        ),
    ] = 4
    trusted_proxies: Annotated[
        tuple[Network, ...],
        Variable(
            doc="Networks (10.1.0.0/16, …) of proxies whose `X-Forwarded-For` is believed.",
            parse=read.several(read.network),
        ),
    ] = ()
    account_requests_per_second: Annotated[
        int,
        Variable(
            doc="Requests a second of one account, so many at once too; 0 is without a limit. "
            "All limits need Redis.",
            parse=read.whole(0, 1_000_000),
        ),
    ] = 100
    address_requests_per_second: Annotated[
        int,
        Variable(
            doc="The same for one network address (IPv6: its /64).",
            parse=read.whole(0, 1_000_000),
        ),
    ] = 100
    logins_per_minute: Annotated[
        int,
        Variable(
            doc="Attempts a minute to log in, register or refresh with one email address, or "
            "token, from one network address; 0 is without a limit.",
            parse=read.whole(0, 1_000_000),
        ),
    ] = 5
    metrics_port: Annotated[
        int,
        Variable(
            doc="Port of /metrics, /health/live and /health/ready of every process, beside the "
            "API's own; 0 is none. `annals dev` counts up from it.",
            parse=read.whole(0, 65535),
        ),
    ] = 0
    live_streams: Annotated[
        int, Variable(doc="Event streams one account may have open.", parse=read.whole(1, 10_000))
    ] = 3
    live_sockets: Annotated[
        int, Variable(doc="WebSockets one account may have open.", parse=read.whole(1, 10_000))
    ] = 10
    live_rate: Annotated[
        int,
        Variable(
            doc="Live messages a second to one connection, beyond which they come together "
            "and changes of one task in a row come as one.",
            parse=read.whole(1, 1_000_000),
        ),
    ] = 10
    event_source: Annotated[
        str,
        Variable(doc="Where published events say they come from: their `source`.", parse=read.text),
    ] = "/annals"
    kafka_bootstrap_servers: Annotated[
        str | None,
        Variable(
            doc="Kafka to publish events to; `annals dev` starts its own when it is not given.",
            parse=read.text,
        ),
    ] = None
    kafka_options: Annotated[
        tuple[tuple[str, str], ...],
        Variable(
            doc="More options of librdkafka (TLS, SASL): name=value, separated by commas.",
            parse=read.several(read.pair),
            secret=True,
        ),
    ] = ()
    kafka_topics: Annotated[
        tuple[tuple[str, str], ...],
        Variable(
            doc="Other names for topics: task-events=their-name, separated by commas.",
            parse=read.several(read.pair),
        ),
    ] = ()
    kafka_partitions: Annotated[
        int, Variable(doc="Partitions of a topic that is created.", parse=read.whole(1, 10_000))
    ] = 6
    kafka_replication: Annotated[
        int,
        Variable(
            doc="Copies of a topic that is created; 0 leaves it to the broker.",
            parse=read.whole(0, 100),
        ),
    ] = 0
    kafka_retention_days: Annotated[
        int,
        Variable(
            doc="Days a topic that is created keeps its events; 0 is for ever.",
            parse=read.whole(0, 36_500),
        ),
    ] = 7
    kafka_create_topics: Annotated[
        bool,
        Variable(
            doc="Whether the relay creates missing topics by itself (yes or no).",
            parse=read.yes_or_no,
        ),
    ] = False
    kafka_patience_seconds: Annotated[
        int,
        Variable(
            doc="Seconds the relay waits for Kafka to acknowledge before it sends anew.",
            parse=read.whole(1, 3_600),
        ),
    ] = 20
    smtp_host: Annotated[
        str | None,
        Variable(
            doc="Mail server to send mail through; "
            "`annals dev` catches mail itself when it is not given.",
            parse=read.text,
        ),
    ] = None
    smtp_port: Annotated[int, Variable(doc="Its port.", parse=read.whole(1, 65535))] = 587
    smtp_tls: Annotated[
        SmtpTls,
        Variable(
            doc="`tls` encrypts from the first byte on, `starttls` after a word, `none` never.",
            parse=read.one_of(*get_args(SmtpTls)),
        ),
    ] = "starttls"
    smtp_username: Annotated[
        str | None, Variable(doc="Account at the mail server.", parse=read.text)
    ] = None
    smtp_password: Annotated[
        str | None, Variable(doc="Password of that account.", parse=read.text, secret=True)
    ] = None
    smtp_timeout_seconds: Annotated[
        int,
        Variable(doc="Seconds the mail server may take for one step.", parse=read.whole(1, 300)),
    ] = 10
    mail_from: Annotated[
        str, Variable(doc="Sender of mail, an address or `Name <address>`.", parse=read.text)
    ] = "Annals <annals@localhost>"
    task_link: Annotated[
        str | None,
        Variable(
            doc="Page of a task in your front end (https://app.example/tasks/{id}), to which "
            "notifications about it lead; without it they lead nowhere.",
            parse=read.link("{id}"),
        ),
    ] = None
    vapid_private_key: Annotated[
        str | None,
        Variable(
            doc="Key that signs web pushes (P-256, base64url); without it there are none. "
            "`annals dev` makes one in its data folder.",
            parse=read.text,
            secret=True,
        ),
    ] = None
    webhook_allowed_networks: Annotated[
        tuple[Network, ...],
        Variable(
            doc="Networks (10.1.0.0/16, …) that webhooks may reach although they are not public, "
            "and without TLS.",
            parse=read.several(read.network),
        ),
    ] = ()
    queue_database: Annotated[
        int,
        Variable(
            doc="Number of the Redis database of the notification queue, which is its alone.",
            parse=read.whole(0, 1_000_000),
        ),
    ] = 1
    catch_up_hours: Annotated[
        int,
        Variable(
            doc="Hours after its moment that a reminder still rings; later it is only recorded.",
            parse=read.whole(0, 24 * 365),
        ),
    ] = 24
    sweep_seconds: Annotated[
        int,
        Variable(
            doc="Seconds after which a notification nobody has told is put into the queue again.",
            parse=read.whole(1, 3_600),
        ),
    ] = 60
    notifications_per_minute: Annotated[
        int,
        Variable(
            doc="Notifications a minute to one person over one channel; the rest wait.",
            parse=read.whole(1, 100_000),
        ),
    ] = 10
    delivery_attempts: Annotated[
        int,
        Variable(
            doc="Attempts until a notification becomes a dead letter.", parse=read.whole(1, 100)
        ),
    ] = 18
    retry_seconds: Annotated[
        int,
        Variable(
            doc="Seconds until the second attempt; every wait is twice the one before.",
            parse=read.whole(1, 3_600),
        ),
    ] = 5
    work_threads: Annotated[
        int,
        Variable(
            doc="Notifications of one channel that a process delivers at the same time.",
            parse=read.whole(1, 64),
        ),
    ] = 4
    dev_processes: Annotated[
        tuple[TopicReplication, ...],
        Variable(
            doc="What `annals dev` starts beside the servers: verbs with copies, or `none`.",
            parse=read.copies,
        ),
    ] = (
        TopicReplication(verb="serve", count=2),
        TopicReplication(verb="project"),
        TopicReplication(verb="schedule"),
        TopicReplication(verb="work"),
        TopicReplication(verb="relay"),
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read every variable; an empty one counts as not given.

        Raises BadSetting, naming the first variable that cannot be understood.
        """
        given: dict[str, Any] = {}
        for name, variable in variables():
            text = environment.get(variable_name(name), "").strip()
            if text:
                given[name] = _understand(name, variable, text)
        return cls(**given)

    def require(self, name: str) -> Any:
        """The value of a field that this process cannot do without, or BadSetting."""
        value = getattr(self, name)
        if value is None:
            doc = dict(variables())[name].doc.partition(";")[0].rstrip(".")
            raise BadSetting(f"{variable_name(name)} is not set: {doc}.")
        return value

    @property
    def address(self) -> str:
        """Where people reach the API, without a slash at the end."""
        return self.public_url or self.address_nearby

    @property
    def address_nearby(self) -> str:
        """Where this machine itself reaches the API."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def variable_name(field: str) -> str:
    return PREFIX + field.upper()


def variables() -> Iterator[tuple[str, Variable]]:
    """Each field of Settings with what is known of its variable, in order of declaration."""
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        yield name, hint.__metadata__[0]


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Names that look like ours and mean nothing: most often a slip of the pen."""
    known = {variable_name(name) for name, _ in variables()}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def as_markdown() -> str:
    """The table of docs/configuration.md."""
    defaults = {field.name: field.default for field in fields(Settings)}
    rows = [
        f"| `{variable_name(name)}` | {_shown(defaults[name])} | {variable.doc} |"
        for name, variable in variables()
    ]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows])


def _understand(name: str, variable: Variable, text: str) -> Any:
    try:
        return variable.parse(text)
    except ValueError as must_be:
        instead = "" if variable.secret else f", not {text!r}"
        raise BadSetting(f"{variable_name(name)} {must_be}{instead}.") from None


def _shown(default: Any) -> str:
    if default is None or default == ():
        return ""
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    if isinstance(default, tuple):
        return f"`{','.join(map(str, default))}`"
    return f"`{default}`"
