"""`annals work`: deliver notifications."""

import click
import uvloop

from infrastructure.bootstrap import load_settings, run_work
from interfaces.processes.run_until_signal import run_until_signal


@click.command
def command() -> None:
    """Deliver notifications, until told to stop.

    They go by mail, web push and webhook. Any number may run, and they share the work.
    Needs ANNALS_DATABASE_URL and ANNALS_REDIS_URL, and for mail ANNALS_SMTP_HOST.
    """
    uvloop.run(run_until_signal(run_work(load_settings())))
