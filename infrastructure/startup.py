"""The first thing every process does: read its settings and set up its log."""

import os

import structlog

from infrastructure.settings import Settings, unknown_variables, variable_name
from infrastructure.telemetry import configure_logging


def load_settings(**given: str | None) -> Settings:
    """Settings of the environment, with those given on the command line (text) before them.

    Raises BadSetting, one sentence for whoever started the process.
    """
    said = {variable_name(name): text for name, text in given.items() if text is not None}
    settings = Settings.from_environment(os.environ | said)
    configure_logging(settings.log_level, settings.log_format)
    for name in unknown_variables(os.environ):
        structlog.get_logger().warning("this variable means nothing to Annals", variable=name)
    return settings
