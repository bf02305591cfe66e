"""`annals schedule`: triggers reminders and runs periodic jobs."""

import click
import uvloop

from infrastructure.bootstrap import load_settings, run_schedule
from interfaces.processes.run_until_signal import run_until_signal


@click.command
def command() -> None:
    """Trigger reminders and run periodic jobs.

    Runs until SIGTERM or Ctrl-C. The jobs re-queue overdue notifications and delete expired data.
    You may run several: one is active, and another takes over within seconds when it stops.
    Needs ANNALS_DATABASE_URL and ANNALS_REDIS_URL.
    """
    uvloop.run(run_until_signal(run_schedule(load_settings())))
