"""The one door: settings go in, a running process or its parts come out.

Each function loads the modules of its own process when it is called, and no others: the
libraries of all of them together take seconds to load, and production leaves some of them out.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

from application.ports.startup import Progress

if TYPE_CHECKING:
    from application.parts import AdministrationParts, ApiParts, TokenParts
    from infrastructure.config.settings import Settings
    from infrastructure.scheduling.timezone_update import TimeZoneUpdate
    from infrastructure.security.key_rotation import KeyFolder
    from infrastructure.telemetry.http_telemetry import PrometheusHttpTelemetry
    from infrastructure.wiring.operations import Operations
    from infrastructure.wiring.relay_admin import RelayAdmin


def load_settings(*, alone: bool = False, **given: str | None) -> "Settings":
    """Return the settings of the environment; those `given` on the command line win.

    Without a database setting, that of a running `annals dev` is used, unless `alone`.

    Raises:
        BadSetting: a variable is invalid.
    """
    from infrastructure.wiring import startup

    return startup.load_settings(alone=alone, **given)


def http_telemetry() -> "PrometheusHttpTelemetry":
    """Return what counts and traces the requests of `annals serve`."""
    from infrastructure.telemetry.http_telemetry import PrometheusHttpTelemetry

    return PrometheusHttpTelemetry()


def open_api(
    settings: "Settings", telemetry: "PrometheusHttpTelemetry"
) -> AbstractAsyncContextManager["ApiParts"]:
    """Open the parts of `annals serve`."""
    from infrastructure.wiring import api

    return api.open_api(settings, telemetry)


def open_administration(
    settings: "Settings",
) -> AbstractAsyncContextManager["AdministrationParts"]:
    """Open the parts of the commands for accounts, dead letters and `annals tail`."""
    from infrastructure.wiring import administration

    return administration.open_administration(settings)


def open_tokens(settings: "Settings") -> AbstractAsyncContextManager["TokenParts"]:
    """Open the parts of `annals token`."""
    from infrastructure.wiring import administration

    return administration.open_tokens(settings)


def open_operations(settings: "Settings") -> AbstractAsyncContextManager["Operations"]:
    """Open the operations on the log and the views."""
    from infrastructure.wiring import operations

    return operations.open_operations(settings)


def open_time_zone_update(settings: "Settings") -> AbstractAsyncContextManager["TimeZoneUpdate"]:
    """Open the update of occurrences after a change of time zones."""
    from infrastructure.wiring import time_zones

    return time_zones.open_time_zone_update(settings)


def key_folder(settings: "Settings") -> "KeyFolder":
    """Return the signing keys, to be listed and rotated."""
    from infrastructure.security.key_rotation import KeyFolder

    life = timedelta(minutes=settings.tokens.access_minutes)
    return KeyFolder(settings.tokens.keys_dir_or_fail, life=life)


def relay_admin(settings: "Settings") -> "RelayAdmin":
    """Return the relay: to run it, to ask for its status, to replay and to create topics."""
    from infrastructure.wiring.relay_admin import RelayAdmin

    return RelayAdmin(settings)


def migrate(settings: "Settings", *, repair_sequence: bool = False) -> None:
    """Bring roles and schema of the database up to date, and repair the sequence if wanted.

    Raises:
        CannotStart: no database is named, the login may not prepare the roles, the database is of
            an old version, or its sequence of positions needs the repair.
    """
    from infrastructure.postgres import migrations

    migrations.migrate(
        settings.database.migrate_url_or_fail,
        settings.database.url,
        repair_sequence=repair_sequence,
    )


async def check_database(settings: "Settings") -> None:
    """Return if the database may be used, or is away.

    Raises:
        CannotStart: no database is named, or it must not be used before a person has repaired it.
    """
    from infrastructure.postgres.comparing import histories_compared

    async with histories_compared(settings.database.url_or_fail, name="start"):
        return


async def run_project(settings: "Settings") -> None:
    """Keep the views up to date until cancelled."""
    from infrastructure.wiring import project

    await project.run_project(settings)


async def run_schedule(settings: "Settings") -> None:
    """Trigger due reminders until cancelled."""
    from infrastructure.wiring import schedule

    await schedule.run_schedule(settings)


async def run_work(settings: "Settings") -> None:
    """Deliver notifications until cancelled."""
    from infrastructure.wiring import work

    await work.run_work(settings)


async def develop(
    settings: "Settings", progress: Progress, *, sample: bool = False, verbose: bool = False
) -> None:
    """Run everything on this machine until a signal.

    `sample` fills a year of history for the demo account; `verbose` shows all log lines.
    """
    from infrastructure.development import dev_stack

    options = dev_stack.DevOptions(
        progress=progress, open_parts=open_administration, verbose=verbose, sample=sample
    )
    await dev_stack.develop(settings, options)


def catching_mail(smtp_port: int, http_port: int) -> AbstractContextManager[tuple[int, str]]:
    """Catch mail while the block runs; yield the port for mail and the address of the pages."""
    from infrastructure.development import catching_mail

    return catching_mail.catching_mail(smtp_port, http_port)
