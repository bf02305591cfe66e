"""Settings of reminders and of the delivery of notifications."""

from dataclasses import dataclass
from typing import Literal, get_args

from infrastructure.config import parsers as read
from infrastructure.config.parsers import Network
from infrastructure.config.variable import var

SmtpTls = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, kw_only=True)
class ReminderSettings:
    catch_up_hours: int = var(
        "ANNALS_CATCH_UP_HOURS",
        "Hours after its time that a reminder is still sent; later it is only recorded.",
        read.whole(0, 24 * 365),
        24,
    )


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    task_link: str | None = var(
        "ANNALS_TASK_LINK",
        "Page of a task in your front end (https://app.example/tasks/{id}), to which "
        "notifications link; without it they link to the page of Annals.",
        read.link("{id}"),
        None,
    )
    requeue_seconds: int = var(
        "ANNALS_SWEEP_SECONDS",
        "Seconds after which an undelivered notification is put into the queue again.",
        read.whole(1, 3_600),
        60,
    )
    notifications_per_minute: int = var(
        "ANNALS_NOTIFICATIONS_PER_MINUTE",
        "Notifications a minute to a person over a channel; the others wait.",
        read.whole(1, 100_000),
        10,
    )
    attempts: int = var(
        "ANNALS_DELIVERY_ATTEMPTS",
        "Attempts before a notification becomes a dead letter.",
        read.whole(1, 100),
        18,
    )
    retry_seconds: int = var(
        "ANNALS_RETRY_SECONDS",
        "Seconds before the second attempt; each later wait is twice as long.",
        read.whole(1, 3_600),
        5,
    )
    threads: int = var(
        "ANNALS_WORK_THREADS",
        "Notifications of a channel that a process delivers at the same time.",
        read.whole(1, 64),
        4,
    )


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    host: str | None = var(
        "ANNALS_SMTP_HOST",
        "Mail server for outgoing mail; `annals dev` catches all mail when it is not given.",
        read.text,
        None,
    )
    port: int = var("ANNALS_SMTP_PORT", "Its port.", read.whole(1, 65535), 587)
    tls: SmtpTls = var(
        "ANNALS_SMTP_TLS",
        "`tls`: implicit TLS; `starttls`: upgrade after connecting; `none`: no encryption.",
        read.one_of(*get_args(SmtpTls)),
        "starttls",
    )
    username: str | None = var(
        "ANNALS_SMTP_USERNAME", "Account at the mail server.", read.text, None
    )
    password: str | None = var(
        "ANNALS_SMTP_PASSWORD", "Password of that account.", read.text, None, secret=True
    )
    timeout_seconds: int = var(
        "ANNALS_SMTP_TIMEOUT_SECONDS",
        "Seconds the mail server may take for a step.",
        read.whole(1, 300),
        10,
    )
    sender: str = var(
        "ANNALS_MAIL_FROM",
        "Sender of mail, an address or `Name <address>`.",
        read.text,
        "Annals <annals@localhost>",
    )


@dataclass(frozen=True, kw_only=True)
class PushSettings:
    vapid_private_key: str | None = var(
        "ANNALS_VAPID_PRIVATE_KEY",
        "Key that signs web pushes (P-256, base64url); without it no web push is sent. "
        "`annals dev` creates a key in its data folder.",
        read.text,
        None,
        secret=True,
    )


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    allowed_networks: tuple[Network, ...] = var(
        "ANNALS_WEBHOOK_ALLOWED_NETWORKS",
        "Networks (10.1.0.0/16, …) that webhooks may reach although they are not public, "
        "and also without TLS.",
        read.several(read.network),
        (),
    )
