"""Redacts log lines: they contain neither personal data nor secrets."""

import re
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict, WrappedLogger

# The values of fields with such names are hidden.
HIDDEN = re.compile(
    r"password|secret|token|authori[sz]ation|cookie|credential|vapid", re.IGNORECASE
)

# Libraries quote their input in messages: addresses, texts, rows.
SENSITIVE_TEXTS = (
    (re.compile(r"(?<=://)[^\s/@]+@"), "[hidden]@"),
    (re.compile(r"\b[Bb]earer\s+\S+"), "Bearer [hidden]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\b(?:anc|anr|annals_pat)_[\w-]+"), "[token]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    # PostgreSQL quotes the whole row that it refuses.
    (re.compile(r"^DETAIL:.*$", re.MULTILINE), "DETAIL: [hidden]"),
)


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """A processor of structlog; it comes after the one that renders exceptions as text."""
    for key, value in line.items():
        line[key] = "[hidden]" if HIDDEN.search(key) else _redacted(value)
    return line


def _redacted(value: Any) -> Any:
    match value:
        case str():
            for pattern, replacement in SENSITIVE_TEXTS:
                value = pattern.sub(replacement, value)
            return value
        case Mapping():
            return {
                key: "[hidden]" if HIDDEN.search(str(key)) else _redacted(inner)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [_redacted(inner) for inner in value]
        case _:
            return value
