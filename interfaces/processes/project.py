"""`annals project`: updates the views, runs the reactions, and rebuilds views on request."""

import click
import uvloop

from infrastructure.bootstrap import load_settings, run_project
from interfaces.processes.gc_tuning import tune_gc
from interfaces.processes.run_until_signal import run_until_signal


@click.command
def command() -> None:
    """Keep and rebuild the views, and run the reactions.

    Runs until SIGTERM or Ctrl-C. You may run several: each view and each reaction is active in
    one process, and another takes over within seconds when that process stops. Administrators
    request rebuilds over the API or in the console. Needs ANNALS_DATABASE_URL.
    """
    settings = load_settings()
    tune_gc()
    uvloop.run(run_until_signal(run_project(settings)))
