"""Everything a person can set, read once from the environment: ANNALS_* and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from infrastructure.config.notifying import (
    DeliverySettings,
    PushSettings,
    ReminderSettings,
    SmtpSettings,
    WebhookSettings,
)
from infrastructure.config.oidc import OidcSettings
from infrastructure.config.operating import DevSettings, LogSettings, MetricsSettings
from infrastructure.config.publishing import EventSettings, KafkaSettings
from infrastructure.config.quotas import QuotaSettings
from infrastructure.config.serving import HttpSettings, LimitSettings, LiveSettings, TokenSettings
from infrastructure.config.storage import DatabaseSettings, RedisSettings
from infrastructure.config.variable import PREFIX, Variable, declared


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings, in groups."""

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    tokens: TokenSettings = field(default_factory=TokenSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    quotas: QuotaSettings = field(default_factory=QuotaSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    push: PushSettings = field(default_factory=PushSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    events: EventSettings = field(default_factory=EventSettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    log: LogSettings = field(default_factory=LogSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    dev: DevSettings = field(default_factory=DevSettings)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read every variable; an empty one counts as not given.

        Raises:
            BadSetting: a variable is malformed; the message names the first of them.
        """
        return cls.of(
            **{
                variable.key: variable.read(text)
                for variable in variables()
                if (text := environment.get(variable.name, "").strip())
            }
        )

    @classmethod
    def of(cls, **values: Any) -> "Settings":
        """Return settings with these values: `port` stands for ANNALS_PORT, and so on."""
        groups: dict[str, dict[str, Any]] = {}
        for group, name, variable in _declared():
            if variable.key in values:
                groups.setdefault(group, {})[name] = values.pop(variable.key)
        if values:
            raise TypeError(f"There is no setting {min(values)}.")
        return cls(**{group.name: _made(group, groups) for group in fields(cls)})


def _made(group: Any, values: Mapping[str, Mapping[str, Any]]) -> Any:
    return group.default_factory(**values.get(group.name, {}))


def variable_name(key: str) -> str:
    """Return ANNALS_PORT for `port`, and so on."""
    return PREFIX + key.upper()


def variables() -> Iterator[Variable]:
    """Yield every variable, as they are declared."""
    return (variable for _, _, variable in _declared())


def _declared() -> Iterator[tuple[str, str, Variable]]:
    """Yield group, field and variable of every setting."""
    defaults = Settings()
    for group in fields(Settings):
        for name, variable in declared(getattr(defaults, group.name)):
            yield group.name, name, variable


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the names that begin like ours but mean nothing: most often typing errors."""
    known = {variable.name for variable in variables()}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def as_markdown() -> str:
    """Return the table of docs/configuration.md."""
    rows = [
        f"| `{variable.name}` | {_shown(variable.default)} | {variable.doc} |"
        for variable in variables()
    ]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows])


def _shown(default: Any) -> str:
    if default is None or default == ():
        return ""
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    if isinstance(default, tuple):
        return f"`{','.join(map(str, default))}`"
    return f"`{default}`"
