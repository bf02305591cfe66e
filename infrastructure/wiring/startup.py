"""Reads the settings and configures logging: the first step of every process."""

import os

import structlog

from infrastructure.config.settings import Settings, unknown_variables, variable_name
from infrastructure.development.running_instance import find
from infrastructure.telemetry.logging import configure_logging


def load_settings(*, alone: bool = False, **given: str | None) -> Settings:
    """Settings of the environment, with those given on the command line (text) before them.

    A command that is told of no database uses that of the `annals dev` on its data folder,
    if one runs there, unless it is to be `alone`.

    Raises BadSetting, one sentence for whoever started the process.
    """
    said = {variable_name(name): text for name, text in given.items() if text is not None}
    settings = Settings.from_environment(os.environ | said)
    if settings.database_url is None and not alone:
        beside = find(settings.data_dir)
        settings = Settings.from_environment({**beside, **os.environ, **said})
    configure_logging(settings.log_level, settings.log_format)
    for name in unknown_variables(os.environ):
        structlog.get_logger().warning("this variable means nothing to Annals", variable=name)
    return settings
