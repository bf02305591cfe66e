"""Runs all of Annals on one machine: servers, migrations and every process."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    ExitStack,
    nullcontext,
)
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from application.parts import AdministrationParts
from application.ports.startup import CannotStart, DemoAccount, Progress, RunningInstance
from domain.record import Record
from infrastructure.config.settings import Settings, variable_name
from infrastructure.development.demo import (
    EMAIL,
    demo_token,
    register_demo,
    wait_until_ready,
)
from infrastructure.development.dev_servers import (
    mail_catcher,
    own_process,
    start_kafka,
    start_postgres,
    start_valkey,
    vapid_key,
)
from infrastructure.development.embedded.folder import kept_secret, locked_folder
from infrastructure.development.process_log import ProcessLog
from infrastructure.development.running_instance import publish
from infrastructure.development.sample import fill_sample
from infrastructure.development.supervisor import Supervisor
from infrastructure.security.signing_key import fill_key_folder

STARTED_FIRST = ("serve", "project")
DEMO_PASSWORD = "demo-password"  # noqa: S105 - the name of its file


OpenParts: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[AdministrationParts]]


class DevOptions(Record):
    """What the person asked for.

    `verbose` shows all log lines of the processes; `sample` fills a year of history for the demo
    account, which is registered with what `open_parts` opens. `progress` is shown while everything
    starts.
    """

    progress: Progress
    open_parts: OpenParts
    verbose: bool = False
    sample: bool = False


async def develop(settings: Settings, options: DevOptions) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP.

    On a terminal the processes log to a file, and only their warnings are shown.

    Raises:
        CannotStart: the folder or the port is taken, or a part does not start.
    """
    # The socket stays open here for as long as a process may have to be restarted with it.
    with (
        locked_folder(settings.dev.data_dir) as folder,
        _listen(settings) as listening,
        ExitStack() as while_running,
    ):
        shown = options.verbose or "ANNALS_LOG_LEVEL" in os.environ or not sys.stderr.isatty()
        log = None if shown else ProcessLog(folder, options.progress.warn)
        async with Supervisor(log_file=log.file if log else None) as supervisor:
            following = asyncio.create_task(log.follow()) if log else None
            start = asyncio.create_task(
                _start(supervisor, settings, folder, listening, while_running, options, log)
            )
            stop = asyncio.create_task(supervisor.stop_requested.wait())
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                options.progress.running(start.result())
                await stop
            start.cancel()
            if following:
                following.cancel()  # what processes say about each other's end is no news
            options.progress.step("stopping")


async def _start(
    supervisor: Supervisor,
    settings: Settings,
    folder: Path,
    listening: socket.socket | None,
    while_running: ExitStack,
    options: DevOptions,
    log: ProcessLog | None,
) -> RunningInstance:
    progress = options.progress
    progress.step("starting PostgreSQL, Valkey and Kafka")
    keys = settings.tokens.keys_dir or folder / "keys"
    if settings.tokens.keys_dir is None:
        fill_key_folder(keys)
    (postgres, owner), valkey, kafka = await asyncio.gather(
        start_postgres(supervisor, settings, folder),
        start_valkey(supervisor, settings, folder),
        start_kafka(supervisor, settings, folder),
    )
    environment = {
        "data_dir": str(folder),
        "host": settings.http.host,
        "port": str(settings.http.port),
        "keys_dir": str(keys.resolve()),
        "database_url": postgres,
        "redis_url": valkey,
        "vapid_private_key": settings.push.vapid_private_key
        or kept_secret(folder / "vapid-key", vapid_key),
        **{
            name: value
            for name, value in _local_defaults(settings).items()
            if variable_name(name) not in os.environ
        },
        **kafka,
        **({"log_format": "json"} if log else {}),
    }
    mail = mail_catcher(settings, folder)
    if mail is not None:
        environment |= mail.settings
    progress.step("migrating the database")
    # Only the migration may log in as the owner: it is in no other environment.
    await supervisor.run(own_process("migrate", environment | {"migrate_database_url": owner}))
    filled = {variable_name(name): value for name, value in environment.items()}
    administration = partial(options.open_parts, Settings.from_environment(os.environ | filled))
    if options.sample:
        async with administration() as parts:
            await fill_sample(parts, kept_secret(folder / DEMO_PASSWORD), progress)
    while_running.enter_context(publish(folder, filled))
    verbs = [
        copies.verb
        for copies in settings.dev.processes
        if kafka or copies.verb != "relay"
        for _ in range(copies.count)
    ]
    programs = [
        own_process(verb, environment | _metrics(settings, number), listening)
        for number, verb in enumerate(verbs)
    ]
    # First the processes that a person waits for; the others start when the API is ready.
    first = [each for each in programs if each.name in STARTED_FIRST] if listening else programs
    supervisor.start(*first, *([mail.server] if mail else []))
    progress.step("starting the API")
    demo = await _demo_account(settings, folder, administration) if listening else None
    supervisor.start(*(each for each in programs if each not in first))
    return RunningInstance(
        folder=folder,
        log=log.file if log else None,
        api=settings.http.address if listening else None,
        mail=mail.pages if mail else None,
        kafka=kafka.get("kafka_bootstrap_servers"),
        demo=demo,
    )


def _local_defaults(settings: Settings) -> dict[str, str]:
    """Return settings for a developer's machine: no rate limits, and all cores for queries."""
    serving = sum(each.count for each in settings.dev.processes if each.verb == "serve") or 1
    return {
        "account_requests_per_second": "0",
        "address_requests_per_second": "0",
        # Twice the cores, all together.
        "query_connections": str(max(2, 2 * (os.cpu_count() or 1) // serving)),
    }


def _metrics(settings: Settings, number: int) -> dict[str, str]:
    """Give each process its own metrics port, unless metrics are off."""
    return {"metrics_port": str(settings.metrics.port and settings.metrics.port + number)}


def _listen(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    if all(copies.verb != "serve" for copies in settings.dev.processes):
        return nullcontext()
    family = socket.AF_INET6 if ":" in settings.http.host else socket.AF_INET
    try:
        return socket.create_server(
            (settings.http.host, settings.http.port), family=family, backlog=2048
        )
    except OSError as error:
        # Python adds the address, which is in the sentence already.
        reason = str(error.strerror).partition(" (while")[0]
        raise CannotStart(
            f"Port {settings.http.port} on {settings.http.host} cannot be used ({reason}): "
            "choose another port with --port."
        ) from error


async def _demo_account(
    settings: Settings,
    folder: Path,
    administration: Callable[[], AbstractAsyncContextManager[AdministrationParts]],
) -> DemoAccount:
    """Wait until the API is ready, and return the account to try it with."""
    address, password = settings.http.local_address, kept_secret(folder / DEMO_PASSWORD)

    async def register() -> None:
        async with administration() as parts:
            await register_demo(parts, password, now=datetime.now(UTC))

    await wait_until_ready(address)
    await demo_token(address, folder / DEMO_PASSWORD, register)
    return DemoAccount(email=EMAIL, password=password)
