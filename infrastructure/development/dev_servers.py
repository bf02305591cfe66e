"""Starts the servers that the settings do not name, and describes our own processes."""

import socket
import sys
from pathlib import Path

import structlog
from msgspec.structs import replace

from domain.record import Record
from infrastructure.config.settings import Settings, variable_name
from infrastructure.development.embedded.folder import kept_port
from infrastructure.development.embedded.kafka import EmbeddedKafka, available
from infrastructure.development.embedded.postgres import EmbeddedPostgres
from infrastructure.development.embedded.program import Program
from infrastructure.development.embedded.valkey import EmbeddedValkey
from infrastructure.development.supervisor import Supervisor

log = structlog.get_logger()


async def start_postgres(
    supervisor: Supervisor, settings: Settings, folder: Path
) -> tuple[str, str]:
    """Return the URL of the database for the processes, and the one to migrate it with."""
    if settings.database.url:
        return settings.database.url, settings.database.migrate_url_or_fail
    postgres = EmbeddedPostgres(folder / "postgres")
    await postgres.initialise(supervisor.run)
    supervisor.start(postgres.server)
    await postgres.ready()
    return postgres.app_url, postgres.url


async def start_valkey(supervisor: Supervisor, settings: Settings, folder: Path) -> str:
    if settings.redis.url:
        return settings.redis.url
    valkey = EmbeddedValkey(folder / "valkey")
    supervisor.start(valkey.server)
    await valkey.ready()
    return valkey.url


async def start_kafka(supervisor: Supervisor, settings: Settings, folder: Path) -> dict[str, str]:
    """Return the settings that lead the relay to a broker; empty when there is none."""
    if all(copies.verb != "relay" for copies in settings.dev.processes):
        return {}
    if settings.kafka.bootstrap_servers:
        return {"kafka_bootstrap_servers": settings.kafka.bootstrap_servers}
    if not available():
        log.warning(
            "kafka_unavailable",
            hint="set ANNALS_KAFKA_BOOTSTRAP_SERVERS, or install the extra kafka-dev",
        )
        return {}
    kafka = EmbeddedKafka(folder / "kafka")
    supervisor.start(kafka.server)
    await kafka.ready()
    # It forgets its topics when it ends.
    return {"kafka_bootstrap_servers": kafka.bootstrap_servers, "kafka_create_topics": "yes"}


class MailCatcher(Record):
    """A server that catches all mail, and the settings that lead to it."""

    server: Program
    pages: str
    settings: dict[str, str]


def mail_catcher(settings: Settings, folder: Path) -> MailCatcher | None:
    """Return the mail catcher of this folder, None when the settings name a mail server."""
    delivers = any(copies.verb == "work" for copies in settings.dev.processes)
    if settings.smtp.host is not None or not delivers:
        return None
    home = folder / "mail"
    home.mkdir(mode=0o700, exist_ok=True)
    smtp, http = kept_port(home / "smtp-port"), kept_port(home / "http-port")
    process = own_process("mail", {})
    return MailCatcher(
        server=replace(
            process,
            argv=(*process.argv, "--smtp-port", str(smtp), "--http-port", str(http)),
            log=home / "mail.log",
        ),
        pages=f"http://127.0.0.1:{http}/dev/mail",
        settings={"smtp_host": "127.0.0.1", "smtp_port": str(smtp), "smtp_tls": "none"},
    )


def vapid_key() -> str:
    from infrastructure.channels.web_push import new_vapid_key  # slow to import, and needed once

    return new_vapid_key()


def own_process(
    verb: str, environment: dict[str, str], listening: socket.socket | None = None
) -> Program:
    """Return a process of ours. API processes share a socket; the kernel distributes clients."""
    argv = (sys.executable, "-P", "-m", "interfaces.cli", verb)
    shared = listening if verb == "serve" else None
    return Program(
        name=verb,
        argv=(*argv, "--fd", str(shared.fileno())) if shared else argv,
        environment={variable_name(name): value for name, value in environment.items()},
        sockets=(shared.fileno(),) if shared else (),
    )
