"""What a log line must not say: who somebody is, and what opens doors."""

import re
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict, WrappedLogger

# Of these nothing is shown, whatever it is.
HIDDEN = re.compile(
    r"password|secret|token|authori[sz]ation|cookie|credential|vapid", re.IGNORECASE
)

# Libraries put into their messages what they were given: addresses, texts, rows.
SENSITIVE_NAMES = (
    (re.compile(r"(?<=://)[^\s/@]+@"), "[hidden]@"),
    (re.compile(r"\b[Bb]earer\s+\S+"), "Bearer [hidden]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\banr_[\w-]+"), "[token]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    # PostgreSQL quotes the whole row that it could not take.
    (re.compile(r"^DETAIL:.*$", re.MULTILINE), "DETAIL: [hidden]"),
)


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """A processor of structlog; comes after what makes text of exceptions."""
    for key, value in line.items():
        line[key] = "[hidden]" if HIDDEN.search(key) else _without_names(value)
    return line


def _without_names(value: Any) -> Any:
    match value:
        case str():
            for pattern, instead in SENSITIVE_NAMES:
                value = pattern.sub(instead, value)
            return value
        case Mapping():
            return {
                key: "[hidden]" if HIDDEN.search(str(key)) else _without_names(inner)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [_without_names(inner) for inner in value]
        case _:
            return value
