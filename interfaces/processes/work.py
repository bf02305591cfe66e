"""`annals work`: delivers notifications."""

import click
import uvloop

from infrastructure.bootstrap import load_settings, run_work
from interfaces.processes.run_until_signal import run_until_signal


@click.command
def command() -> None:
    """Deliver notifications.

    Sends them by mail, web push and webhook, until SIGTERM or Ctrl-C. You may run several: they
    share the queue. Needs ANNALS_DATABASE_URL, ANNALS_REDIS_URL and ANNALS_KEYS_DIR (of which it
    reads the installation secret alone), and ANNALS_SMTP_HOST for mail.
    """
    uvloop.run(run_until_signal(run_work(load_settings())))
