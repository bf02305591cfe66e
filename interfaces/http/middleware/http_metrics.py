"""Requests as Prometheus counts them: by template of their route, never by path."""

from collections.abc import Mapping
from typing import Any

from infrastructure.bootstrap import HTTP_DURATION, HTTP_REQUESTS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOWHERE = "none"
STREAM = "/api/v1/stream"

# Finding a child by its labels takes longer than counting with it.
_requests: dict[tuple[str, str, int], Any] = {}
_durations: dict[tuple[str, str], Any] = {}


def route(scope: Mapping[str, Any]) -> str:
    """Return the template of the route that was found."""
    return scope.get("path_template") or NOWHERE


def count(scope: Mapping[str, Any], status: int, seconds: float) -> None:
    """Count a request that was answered with `status` (0: not at all) in so many seconds."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    template = route(scope)
    requests = _requests.get((method, template, status))
    if requests is None:
        requests = HTTP_REQUESTS.labels(method, template, str(status))
        _requests[method, template, status] = requests
    requests.inc()
    if template == STREAM:
        return  # it lasts as long as somebody listens
    durations = _durations.get((method, template))
    if durations is None:
        durations = _durations[method, template] = HTTP_DURATION.labels(method, template)
    durations.observe(seconds)
