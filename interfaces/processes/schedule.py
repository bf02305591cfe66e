"""`annals schedule`: let reminders ring on time."""

import click
import uvloop

from infrastructure.bootstrap import load_settings, run_schedule
from interfaces.processes.run_until_signal import run_until_signal


@click.command
def command() -> None:
    """Let reminders ring on time, until told to stop.

    Does what comes round again, too: sweeps, and the clearing out of what is no longer needed.
    Any number may run: one is active, the others stand by to take over within seconds.
    Needs ANNALS_DATABASE_URL and ANNALS_REDIS_URL.
    """
    uvloop.run(run_until_signal(run_schedule(load_settings())))
