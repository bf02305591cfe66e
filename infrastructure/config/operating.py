"""Settings of logs, metrics and `annals dev`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from infrastructure.config import parsers as read
from infrastructure.config.parsers import Copies
from infrastructure.config.variable import var

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: LogLevel = var(
        "ANNALS_LOG_LEVEL",
        "Lowest level to log.",
        read.one_of(*get_args(LogLevel)),
        "info",
    )
    format: LogFormat = var(
        "ANNALS_LOG_FORMAT",
        "Format of a log line; `auto` is `console` on a terminal and `json` elsewhere.",
        read.one_of(*get_args(LogFormat)),
        "auto",
    )


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    port: int = var(
        "ANNALS_METRICS_PORT",
        "Port of /metrics, /health/live and /health/ready of every process, beside the "
        "API's own; 0: none. `annals dev` counts up from it.",
        read.whole(0, 65535),
        0,
    )


@dataclass(frozen=True, kw_only=True)
class DevSettings:
    data_dir: Path = var(
        "ANNALS_DATA_DIR",
        "Folder in which `annals dev` keeps the data of its servers.",
        read.folder,
        Path(".annals"),
    )
    processes: tuple[Copies, ...] = var(
        "ANNALS_DEV_PROCESSES",
        "Processes that `annals dev` starts beside the servers: verbs with copies, or `none`.",
        read.copies,
        (
            Copies(verb="serve", count=2),
            Copies(verb="project"),
            Copies(verb="schedule"),
            Copies(verb="work"),
            Copies(verb="relay"),
        ),
    )
