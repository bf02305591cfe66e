"""`annals project`: keep the views up to date with the log."""

import click
import uvloop

from infrastructure.bootstrap import load_settings, run_project
from interfaces.processes.gc_tuning import tune_gc
from interfaces.processes.run_until_signal import run_until_signal


@click.command
def command() -> None:
    """Keep the views up to date with the log, until told to stop.

    Any number may run: each view is kept by one of them, and the others stand by to take
    over within seconds. Reactions to what happened are carried out the same way. Needs
    ANNALS_DATABASE_URL.
    """
    settings = load_settings()
    tune_gc()
    uvloop.run(run_until_signal(run_project(settings)))
