"""Runs all of Annals on one machine: servers, migrations and every process."""

import asyncio
import os
import shlex
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

from application.ports.startup import CannotStart, RunningApi
from infrastructure.config.settings import Settings, variable_name
from infrastructure.development.demo import demo_token, wait_until_ready
from infrastructure.development.dev_servers import (
    mail_catcher,
    own_process,
    start_kafka,
    start_postgres,
    start_valkey,
    vapid_key,
)
from infrastructure.development.embedded.folder import kept_secret, locked_folder
from infrastructure.development.running_instance import publish
from infrastructure.development.supervisor import Supervisor
from infrastructure.security.signing_key import fill_key_folder

STARTED_FIRST = ("serve", "project")


async def develop(settings: Settings, announce: Callable[[RunningApi | None], None]) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP; announce the API once it answers.

    Raises:
        CannotStart: the folder or the port is taken, or a part does not start.
    """
    # The socket stays open here for as long as a process may have to be restarted with it.
    with (
        locked_folder(settings.dev.data_dir) as folder,
        _listen(settings) as listening,
        ExitStack() as while_running,
    ):
        async with Supervisor() as supervisor:
            start = asyncio.create_task(
                _start(supervisor, settings, folder, listening, while_running)
            )
            stop = asyncio.create_task(supervisor.stop_requested.wait())
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                announce(start.result())
                await stop
            start.cancel()


async def _start(
    supervisor: Supervisor,
    settings: Settings,
    folder: Path,
    listening: socket.socket | None,
    while_running: ExitStack,
) -> RunningApi | None:
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
    }
    mail = mail_catcher(settings, folder)
    if mail is not None:
        environment |= mail.settings
    # Only the migration may log in as the owner: it is in no other environment.
    await supervisor.run(own_process("migrate", environment | {"migrate_database_url": owner}))
    while_running.enter_context(
        publish(folder, {variable_name(name): value for name, value in environment.items()})
    )
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
    running = await _api(settings, folder, mail.pages if mail else None) if listening else None
    supervisor.start(*(each for each in programs if each not in first))
    return running


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
        raise CannotStart(
            f"Port {settings.http.port} on {settings.http.host} cannot be used ({error.strerror}): "
            "choose another port with --port."
        ) from error


async def _api(settings: Settings, folder: Path, mail: str | None) -> RunningApi:
    """Wait until the API is ready; return its addresses and a curl command that creates a task."""
    address = settings.http.local_address
    await wait_until_ready(address)
    token = await demo_token(address, folder / "demo-password")
    curl = f"curl {address}/api/v1/tasks \\\n" + " \\\n".join(
        f"    {option} {shlex.quote(value)}"
        for option, value in (
            ("-H", f"Authorization: Bearer {token}"),
            ("-H", "Content-Type: application/json"),
            ("-d", '{"title": "Water the plants"}'),
        )
    )
    return RunningApi(
        address=settings.http.address, docs=f"{settings.http.address}/docs", curl=curl, mail=mail
    )
