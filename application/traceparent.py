"""The W3C traceparent: whether a text is one, and the trace it names."""

import re

_FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")


def valid_traceparent(text: str | None) -> str | None:
    """Return `text` if it is a traceparent, else None."""
    return text if text and _FORM.match(text) else None


def trace_id(traceparent: str | None) -> str | None:
    """Return the trace id of a valid traceparent."""
    return traceparent[3:35] if traceparent else None
