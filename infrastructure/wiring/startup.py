"""Reads the settings and configures logging: the first step of every process."""

import os

import structlog

from infrastructure.config.settings import Settings, unknown_variables, variable_name
from infrastructure.development.running_instance import find
from infrastructure.telemetry.logging import configure_logging


def load_settings(*, alone: bool = False, **given: str | None) -> Settings:
    """Return the settings of the environment; those `given` on the command line win.

    Without a database setting, those of an `annals dev` that runs on the same data folder are
    used as well, unless `alone`.

    Raises:
        BadSetting: a variable is invalid; the message is for the person at the command line.
    """
    chosen = {variable_name(name): text for name, text in given.items() if text is not None}
    settings = Settings.from_environment(os.environ | chosen)
    if settings.database.url is None and not alone:
        running = find(settings.dev.data_dir)
        settings = Settings.from_environment({**running, **os.environ, **chosen})
    configure_logging(settings.log.level, settings.log.format)
    for name in unknown_variables(os.environ):
        structlog.get_logger().warning("unknown_variable", variable=name)
    return settings
